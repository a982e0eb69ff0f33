-- Name and definition of the triggers of a table that are not a constraint's. One row each.
select tgname, pg_get_triggerdef(oid)
from pg_trigger
where tgrelid = %(table)s::regclass and not tgisinternal
order by tgname
