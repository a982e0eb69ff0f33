-- The collected clientes that are not stored yet, into the table {cliente}.
insert into {cliente} (id)
select import_cliente.id
from import_cliente
left join cliente on cliente.id = import_cliente.id
where cliente.id is null
order by import_cliente.id
