-- The statements that drop the secondary indexes of atendimento, and those that build them again. One row per index.
-- An index stays where its definition does not tell all about it: not valid, clustered by, in a tablespace of its own,
-- commented, with a statistics target, or with something else hanging on it (a constraint, a foreign key to it).
select
    format('drop index %s', pg_index.indexrelid::regclass),
    pg_get_indexdef(pg_index.indexrelid)
from pg_index
inner join pg_class on pg_class.oid = pg_index.indexrelid
where
    pg_index.indrelid = 'atendimento'::regclass
    and pg_index.indisvalid
    and not pg_index.indisprimary
    and not pg_index.indisclustered
    and not pg_index.indisreplident
    and pg_class.reltablespace = 0
    and obj_description(pg_class.oid, 'pg_class') is null
    and not exists (
        select from pg_attribute
        where pg_attribute.attrelid = pg_class.oid and pg_attribute.attstattarget is not null
    )
    and not exists (
        select from pg_constraint where pg_constraint.conindid = pg_class.oid
    )
    and not exists (
        select from pg_depend
        where pg_depend.refclassid = 'pg_class'::regclass and pg_depend.refobjid = pg_class.oid
    )
order by pg_class.relname
