-- Angels that the delta names and nobody has stored yet; those of rejected or unchanged rows are not made.
with made as (
    insert into angel (nome)
    select nome
    from import_angel
    where angel_id is null and number in (select angel from import_delta)
    order by nome
    returning id, nome
)

update import_angel set angel_id = made.id
from made
where made.nome = import_angel.nome
