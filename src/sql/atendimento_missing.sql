-- Which clientes, angels and polos are named that nobody has stored? One row each, in the order in which all writers
-- make them.
-- clientes: ids. angels, polos: names.
-- Each is looked up by itself: an anti-join, planned for arrays of any length, would read all angels for a single record.
select 1 as kind, wanted.id, null as nome
from unnest(%(clientes)s::bigint[]) as wanted (id)
where (select true from cliente where cliente.id = wanted.id) is null
union
select 2, null, wanted.nome
from unnest(%(angels)s::text[]) as wanted (nome)
where angel_of(wanted.nome) is null
union
select 3, null, wanted.nome
from unnest(%(polos)s::text[]) as wanted (nome)
where polo_of(wanted.nome) is null
order by kind, id, nome
