-- Those of the clientes that {ids} names and that are not stored yet.
insert into cliente (id)
select import_cliente.id
from {ids}
left join cliente on cliente.id = import_cliente.id
where cliente.id is null
order by import_cliente.id
