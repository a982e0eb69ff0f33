-- Name and definition of the primary key and the foreign keys of a table, the key first. One row each. Parameter: table.
-- Those that a load keeps by construction are not checked at once (see foreign_keys_to_validate.sql).
select
    conname,
    pg_get_constraintdef(oid) || case
        when
            conrelid = 'atendimento'::regclass
            and confrelid in ('cliente'::regclass, 'angel'::regclass, 'polo'::regclass)
            and contype = 'f'
            and convalidated
            then ' NOT VALID'
        else ''
    end
from pg_constraint
where conrelid = %(table)s::regclass and contype in ('p', 'u', 'f')
order by contype desc, conname
