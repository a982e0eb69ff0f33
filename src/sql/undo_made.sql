-- Removes those {{table}}s that came with the import, have not been changed since, and that nothing names any more.
-- Parameters: id, written_at.
delete from {{table}}
where
    created_at = %(written_at)s
    and updated_at = %(written_at)s
    and not exists (select from atendimento where atendimento.{{column}} = {{table}}.id)
    and not exists (
        select from import_history
        where import_history.{{column}} = {{table}}.id and import_history.import_id <> %(id)s
    )
