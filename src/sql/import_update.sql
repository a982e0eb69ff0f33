-- Stored records that differ take the file's values; what they were before goes into the history. Parameter: import_id.
-- If the file says no status, a visit makes a record done, none makes it pending, and a cancelled one stays so until
-- its visit changes. A row that repeats an id of the same first load overwrites nothing that was there before.
with changed as (
    update atendimento set
        id_cliente = import_delta.id_cliente,
        data_limite = import_delta.data_limite,
        data_de_atendimento = import_delta.data_de_atendimento,
        angel_id = import_angel.angel_id,
        polo_id = import_polo.polo_id,
        status = case
            when import_delta.status is not null then import_delta.status
            when
                atendimento.status = 'cancelled'
                and atendimento.data_de_atendimento is not distinct from import_delta.data_de_atendimento
                then 'cancelled'
            when import_delta.data_de_atendimento is null then 'pending'
            else 'done'
        end,
        import_id = %(import_id)s,
        updated_at = now(),
        deleted_at = null
    from import_delta
    inner join import_angel on import_angel.number = import_delta.angel
    inner join import_polo on import_polo.number = import_delta.polo
    where import_delta.stored and atendimento.id = import_delta.id
    returning with (old as before)
        before.id,
        before.id_cliente,
        before.data_limite,
        before.data_de_atendimento,
        before.import_id as former_import_id,
        before.updated_at,
        before.deleted_at,
        before.angel_id,
        before.polo_id,
        before.status
)

insert into import_history (
    import_id, id, id_cliente, data_limite, data_de_atendimento, former_import_id, updated_at, deleted_at, angel_id,
    polo_id, status
)
select
    %(import_id)s,
    id,
    id_cliente,
    data_limite,
    data_de_atendimento,
    former_import_id,
    updated_at,
    deleted_at,
    angel_id,
    polo_id,
    status
from changed
where former_import_id is distinct from %(import_id)s
