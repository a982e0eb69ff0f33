-- Refuses staged rows whose e-mail an earlier line of the file has, or a stored cliente that the file leaves alone.
-- The count of inserted rows is that of the refused. Parameter: import_id.
insert into import_rejection (import_id, line, "column", code, reason, raw)
select
    %(import_id)s,
    import_staging_cliente.line,
    'email',
    'email_taken',
    'email is another cliente''s.',
    import_staging_cliente.raw
from import_staging_cliente
inner join (
    select lower(email) as email, min(line) as line
    from import_staging_cliente
    where email is not null
    group by 1
) as first_line on first_line.email = lower(import_staging_cliente.email)
left join cliente on
    lower(cliente.email) = lower(import_staging_cliente.email)
    and cliente.email is not null
    and cliente.id <> import_staging_cliente.id
where
    import_staging_cliente.line > first_line.line
    or (
        cliente.id is not null
        and cliente.id not in (select id from import_staging_cliente)
    )
