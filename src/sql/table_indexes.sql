-- Name and definition of the indexes of a table that belong to no constraint. One row each.
select pg_class.relname, pg_get_indexdef(pg_index.indexrelid)
from pg_index
inner join pg_class on pg_class.oid = pg_index.indexrelid
left join pg_constraint on pg_constraint.conindid = pg_index.indexrelid and pg_constraint.contype in ('p', 'u', 'x')
where pg_index.indrelid = %(table)s::regclass and pg_constraint.oid is null
order by pg_class.relname
