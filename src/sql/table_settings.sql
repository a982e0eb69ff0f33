-- Name and text of the storage settings of a table (fillfactor=80). One row each. Parameter: table.
select split_part(setting, '=', 1), setting
from pg_class, unnest(pg_class.reloptions) as setting
where pg_class.oid = %(table)s::regclass
