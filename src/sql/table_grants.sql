-- Name and definition of the rights that others have to a table or to columns of it, after those which a new table of
-- this role and schema gets by default are taken back. One row each. Parameter: table.
with this as (
    select *
    from pg_class
    where oid = %(table)s::regclass
),

changes as (
    select
        1 as step,
        'revoke all on %%s from %%s' as change,
        grantee,
        null as what,
        false as is_grantable
    from this
    inner join pg_default_acl on defaclrole = relowner and defaclobjtype = 'r' and defaclnamespace in (0, relnamespace)
    cross join aclexplode(defaclacl)
    where grantee <> relowner
    union
    select
        2,
        'grant %%3$s on %%1$s to %%2$s',
        grantee,
        privilege_type,
        acl.is_grantable
    from this, aclexplode(relacl) as acl
    where grantee <> relowner
    union
    select
        2,
        'grant %%3$s on %%1$s to %%2$s',
        grantee,
        format('%%s (%%I)', privilege_type, attname),
        acl.is_grantable
    from pg_attribute, aclexplode(attacl) as acl
    where attrelid = %(table)s::regclass
)

select
    what,
    format(change, %(table)s::text, case grantee when 0 then 'public' else grantee::regrole::text end, what)
    || case when is_grantable then ' with grant option' else '' end
from changes
order by step, 2
