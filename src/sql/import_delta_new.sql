-- What an import in mode `insert` changes: one row per staged record that is not stored; stored ones are left alone.
create unlogged table import_delta as
select
    import_staging.id,
    import_staging.id_cliente,
    import_staging.data_limite,
    import_staging.data_de_atendimento,
    import_staging.angel,
    import_staging.polo,
    import_staging.status,
    false as stored
from import_staging
left join atendimento on atendimento.id = import_staging.id
where atendimento.id is null
