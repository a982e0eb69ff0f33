-- Rejects staged rows whose e-mail is another cliente's: of a row that keeps its cliente's e-mail as it is stored, else of
-- the first line that has it, or of a stored cliente that the file leaves alone
-- (in the last round, of any stored cliente).
-- The count of inserted rows is that of the rejected. Parameters: import_id, is_last, most (rows), max_raw, cut (a sentence).
insert into import_rejection (import_id, line, "column", code, reason, raw)
select
    %(import_id)s,
    import_staging_cliente.line,
    'email',
    'email_taken',
    'email is another cliente''s.' || case
        when char_length(import_staging_cliente.raw) > %(max_raw)s then ' ' || %(cut)s else ''
    end,
    left(import_staging_cliente.raw, %(max_raw)s)
from import_staging_cliente
inner join (
    select distinct on (lower(staged.email)) lower(staged.email) as email, staged.line
    from import_staging_cliente as staged
    left join cliente on cliente.id = staged.id and lower(cliente.email) = lower(staged.email)
    where staged.email is not null
    order by lower(staged.email), cliente.id is null, staged.line
) as owner on owner.email = lower(import_staging_cliente.email)
left join cliente on
    lower(cliente.email) = lower(import_staging_cliente.email)
    and cliente.email is not null
    and cliente.id <> import_staging_cliente.id
where
    import_staging_cliente.line <> owner.line
    or (
        cliente.id is not null
        and (%(is_last)s or cliente.id not in (select id from import_staging_cliente))
    )
order by import_staging_cliente.line
limit %(most)s
