-- Name and definition of the rights that the owner of a table has given to others. One row each. Parameter: table.
select
    privilege_type,
    format(
        'grant %%s on %%s to %%s%%s',
        privilege_type,
        %(table)s::text,
        case grantee when 0 then 'public' else grantee::regrole::text end,
        case when is_grantable then ' with grant option' else '' end
    )
from pg_class, aclexplode(pg_class.relacl)
where pg_class.oid = %(table)s::regclass and grantee <> pg_class.relowner
order by 2
