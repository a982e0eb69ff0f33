-- Adds records in one statement, and returns each that was added as lists show it ({shown}), in the order given.
-- One row less for each whose id is taken, and for each whose angel or polo was deleted a moment ago.
-- One array for each column; ids are null where the server gives them.
-- Names are looked up row by row: a join, planned for arrays of any length, would read all angels for a single record.
with given as materialized (
    select
        given.number,
        coalesce(given.id, nextval('atendimento_id_seq')) as id,
        given.id_cliente,
        given.angel,
        (select angel.id from angel where angel.nome = given.angel) as angel_id,
        given.polo,
        (select polo.id from polo where polo.nome = given.polo) as polo_id,
        given.data_limite,
        given.data_de_atendimento,
        given.status
    from unnest(
        %(id)s::bigint[],
        %(id_cliente)s::bigint[],
        %(angel)s::text[],
        %(polo)s::text[],
        %(data_limite)s::timestamp[],
        %(data_de_atendimento)s::timestamp[],
        %(status)s::text[]
    ) with ordinality as given (id, id_cliente, angel, polo, data_limite, data_de_atendimento, status, number)
),

added as (
    insert into atendimento (id, id_cliente, angel_id, polo_id, data_limite, data_de_atendimento, status)
    select id, id_cliente, angel_id, polo_id, data_limite, data_de_atendimento, status
    from given
    where angel_id is not null and polo_id is not null
    order by number
    on conflict (id) do nothing
    returning *
)

select {shown}
from given
inner join added as atendimento on atendimento.id = given.id
cross join lateral (select given.angel as nome) as angel
cross join lateral (select given.polo as nome) as polo
order by given.number
