-- Name and definition of the statistics targets and settings (n_distinct=100) of a table's columns. One row each.
-- Parameter: table.
select
    attname,
    format('alter table %%s alter column %%I set statistics %%s', %(table)s::text, attname, attstattarget)
from pg_attribute
where attrelid = %(table)s::regclass and attnum > 0 and not attisdropped and attstattarget is not null
union all
select
    attname,
    format('alter table %%s alter column %%I set (%%s)', %(table)s::text, attname, array_to_string(attoptions, ', '))
from pg_attribute
where attrelid = %(table)s::regclass and attnum > 0 and not attisdropped and attoptions is not null
order by 1, 2
