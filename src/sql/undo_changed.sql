-- Records that the import has changed become what they were before it, in every column. Parameter: id.
update atendimento set
    id_cliente = import_history.id_cliente,
    data_limite = import_history.data_limite,
    data_de_atendimento = import_history.data_de_atendimento,
    import_id = import_history.former_import_id,
    updated_at = import_history.updated_at,
    deleted_at = import_history.deleted_at,
    angel_id = import_history.angel_id,
    polo_id = import_history.polo_id,
    status = import_history.status
from import_history
where import_history.import_id = %(id)s and atendimento.id = import_history.id
