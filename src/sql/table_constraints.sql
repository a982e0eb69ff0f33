-- Name and definition of the primary key and the foreign keys of a table, the key first. One row each.
select conname, pg_get_constraintdef(oid)
from pg_constraint
where conrelid = %(table)s::regclass and contype in ('p', 'u', 'f')
order by contype desc, conname
