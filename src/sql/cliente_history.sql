-- Keeps what the import is about to overwrite. Parameter: import_id.
insert into import_history_cliente (import_id, id, nome, email, telefone, updated_at)
select
    %(import_id)s,
    cliente.id,
    cliente.nome,
    cliente.email,
    cliente.telefone,
    cliente.updated_at
from cliente
inner join import_delta_cliente on import_delta_cliente.id = cliente.id
where import_delta_cliente.stored
