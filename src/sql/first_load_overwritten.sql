-- What those records name that later rows of the file overwrite: one row per record that will change.
create unlogged table import_overwritten as
select
    atendimento.id_cliente,
    atendimento.angel_id,
    atendimento.polo_id
from atendimento
inner join import_delta on import_delta.id = atendimento.id
where import_delta.stored
