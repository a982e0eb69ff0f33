-- Stored clientes that differ take the file's values.
update cliente set
    nome = import_delta_cliente.nome,
    email = import_delta_cliente.email,
    telefone = import_delta_cliente.telefone,
    updated_at = now()
from import_delta_cliente
where import_delta_cliente.stored and cliente.id = import_delta_cliente.id
