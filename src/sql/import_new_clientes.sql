-- Clientes that the delta names and nobody has stored yet.
insert into cliente (id)
select distinct import_delta.id_cliente
from import_delta
left join cliente on cliente.id = import_delta.id_cliente
where cliente.id is null
order by import_delta.id_cliente
