-- Clientes that the import has changed become what they were before it. Parameter: id.
update cliente set
    nome = import_history_cliente.nome,
    email = import_history_cliente.email,
    telefone = import_history_cliente.telefone,
    updated_at = import_history_cliente.updated_at
from import_history_cliente
where import_history_cliente.import_id = %(id)s and cliente.id = import_history_cliente.id
