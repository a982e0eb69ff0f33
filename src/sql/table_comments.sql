-- Name and definition of the comments on a table, its constraints, indexes and triggers. One row each. Parameter: table.
-- (CREATE TABLE ... LIKE copies those on columns.)
with described as (
    select
        'table ' || %(table)s::text as object,
        obj_description(%(table)s::regclass, 'pg_class') as comment
    union all
    select
        format('constraint %%I on %%s', conname, %(table)s::text),
        obj_description(oid, 'pg_constraint')
    from pg_constraint
    where conrelid = %(table)s::regclass
    union all
    select
        format('index %%s.%%I', relnamespace::regnamespace, relname),
        obj_description(indexrelid, 'pg_class')
    from pg_index
    inner join pg_class on pg_class.oid = pg_index.indexrelid
    where indrelid = %(table)s::regclass
    union all
    select
        format('trigger %%I on %%s', tgname, %(table)s::text),
        obj_description(oid, 'pg_trigger')
    from pg_trigger
    where tgrelid = %(table)s::regclass and not tgisinternal
)

select
    object,
    format('comment on %%s is %%L', object, comment)
from described
where comment is not null
order by object
