-- Which clientes, angels and polos are named that nobody has stored? One row each, in the order in which all writers
-- make them.
-- clientes: ids. angels, polos: names.
select 1 as kind, wanted.id, null as nome
from unnest(%(clientes)s::bigint[]) as wanted (id)
where not exists (select from cliente where cliente.id = wanted.id)
union
select 2, null, wanted.nome
from unnest(%(angels)s::text[]) as wanted (nome)
where not exists (select from angel where angel.nome = wanted.nome)
union
select 3, null, wanted.nome
from unnest(%(polos)s::text[]) as wanted (nome)
where not exists (select from polo where polo.nome = wanted.nome)
order by kind, id, nome
