-- Those of the collected clientes that are not stored yet, into the table {cliente}.
insert into {cliente} (id)
select distinct import_cliente.id
from import_cliente
left join {cliente} as stored on stored.id = import_cliente.id
where stored.id is null
order by import_cliente.id
