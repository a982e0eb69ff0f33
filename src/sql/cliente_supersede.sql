-- Of the rows with one id only the last line stays; the count of deleted rows is the superseded.
delete from import_staging_cliente
using (
    select id, max(line) as line
    from import_staging_cliente
    group by id
    having count(*) > 1
) as last_line
where import_staging_cliente.id = last_line.id and import_staging_cliente.line < last_line.line
