-- The new records, in the order in which they were gathered. Parameter: import_id.
insert into atendimento (
    id, id_cliente, data_limite, data_de_atendimento, import_id, angel_id, polo_id, status
)
select
    id,
    id_cliente,
    data_limite,
    data_de_atendimento,
    %(import_id)s,
    angel_id,
    polo_id,
    status
from import_new
