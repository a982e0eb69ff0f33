-- Which clientes have lost their e-mail, and to whom? One row each.
select id, kept
from cliente_composed
where id <> kept
order by id
