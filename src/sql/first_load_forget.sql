-- Removes those {{table}}s of this load that only overwritten rows have named.
delete from {{table}}
where
    id in (select {{column}} from import_overwritten)
    and created_at = now()
    and not exists (select from atendimento where atendimento.{{column}} = {{table}}.id)
