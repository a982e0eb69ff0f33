-- How many records are still as the import has written them. One number. Parameters: id, written_at.
select count(*)
from atendimento
where import_id = %(id)s and updated_at = %(written_at)s
