-- The first line of an import that was rejected for its e-mail; one row, null if there is none. Parameter: import_id.
select min(line) from import_rejection where import_id = %(import_id)s and code = 'email_taken'
