-- Adds records in one statement, and returns each that was added as lists show it ({shown}), in the order given.
-- None is added where a cliente, angel or polo is not stored; else one row less for each whose id is taken.
-- One array for each column; ids are null where the server gives them.
-- Names are looked up row by row: a join, planned for arrays of any length, would read all angels for a single record.
with given as materialized (
    select
        given.*,
        (select cliente.id from cliente where cliente.id = given.id_cliente) as cliente_id,
        (select angel.id from angel where angel.nome = given.angel) as angel_id,
        (select polo.id from polo where polo.nome = given.polo) as polo_id
    from unnest(
        %(id)s::bigint[],
        %(id_cliente)s::bigint[],
        %(angel)s::text[],
        %(polo)s::text[],
        %(data_limite)s::timestamp[],
        %(data_de_atendimento)s::timestamp[],
        %(status)s::text[]
    ) with ordinality as given (given_id, id_cliente, angel, polo, data_limite, data_de_atendimento, status, number)
),

-- Ids are taken from the sequence only for what can be added.
known as materialized (
    select
        given.*,
        coalesce(given_id, nextval('atendimento_id_seq')) as id
    from given
    where not exists (
        select from given
        where cliente_id is null or angel_id is null or polo_id is null
    )
),

added as (
    insert into atendimento (id, id_cliente, angel_id, polo_id, data_limite, data_de_atendimento, status)
    select id, id_cliente, angel_id, polo_id, data_limite, data_de_atendimento, status
    from known
    order by number
    on conflict (id) do nothing
    returning *
)

select {shown}
from known
inner join added as atendimento on atendimento.id = known.id
cross join lateral (select known.angel as nome) as angel
cross join lateral (select known.polo as nome) as polo
order by known.number
