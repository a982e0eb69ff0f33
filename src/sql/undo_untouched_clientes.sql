-- How many clientes are still as the import has written them. One number. Parameter: written_at.
select count(*)
from cliente
where updated_at = %(written_at)s
