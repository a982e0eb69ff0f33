-- Of the rows with one id only the last line stays; the count of deleted rows is the superseded.
delete from import_staging
using (
    select id, max(line) as line
    from import_staging
    group by id
    having count(*) > 1
) as last_line
where import_staging.id = last_line.id and import_staging.line < last_line.line
