-- Polos that the delta names and nobody has stored yet; those of rejected or unchanged rows are not made.
with made as (
    insert into polo (nome)
    select nome
    from import_polo
    where polo_id is null and number in (select polo from import_delta)
    order by nome
    returning id, nome
)

update import_polo set polo_id = made.id
from made
where made.nome = import_polo.nome
