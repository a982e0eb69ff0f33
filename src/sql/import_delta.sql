-- What the import changes: one row per staged record that is not stored or differs from what is stored.
-- A status that the file does not say is no difference. A deleted record that comes again counts as different: the file says that it exists.
-- Computed first, because a write that skips equal rows would still lock and log every one of them.
create unlogged table import_delta as
select
    import_staging.id,
    import_staging.id_cliente,
    import_staging.data_limite,
    import_staging.data_de_atendimento,
    import_staging.angel,
    import_staging.polo,
    import_staging.status,
    atendimento.id is not null as stored
from import_staging
inner join import_angel on import_angel.number = import_staging.angel
inner join import_polo on import_polo.number = import_staging.polo
left join atendimento on atendimento.id = import_staging.id
where
    atendimento.id is null
    or atendimento.id_cliente <> import_staging.id_cliente
    or atendimento.data_limite <> import_staging.data_limite
    or atendimento.data_de_atendimento is distinct from import_staging.data_de_atendimento
    or atendimento.angel_id is distinct from import_angel.angel_id
    or atendimento.polo_id is distinct from import_polo.polo_id
    or atendimento.status <> import_staging.status
    or atendimento.deleted_at is not null
