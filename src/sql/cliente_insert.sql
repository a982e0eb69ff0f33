-- Clientes that are not stored yet.
insert into cliente (id, nome, email, telefone)
select id, nome, email, telefone
from import_delta_cliente
where not stored
order by id
