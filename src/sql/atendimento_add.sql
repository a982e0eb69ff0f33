-- Adds records in one statement, writes each down in the audit log, and returns those that were added as lists show them
-- ({{shown}}, the columns {{fields}}), in the order given.
-- None is added if a cliente, angel or polo is not stored; else one row less for each whose id is taken, by a stored record
-- or by one before it in the list.
-- records: a JSON list of them, half the work of an array for each column; ids are null where the server gives them.
-- user_id, api_key_id, actor, request_id, address: who adds them.
-- Names are looked up row by row: a join, planned for lists of any length, would read all angels for a single record.
with given as materialized (
    select
        given.*,
        (select cliente.id from cliente where cliente.id = given.id_cliente) as cliente_id,
        angel_of(given.angel) as angel_id,
        polo_of(given.polo) as polo_id
    from rows from (
        json_to_recordset(%(records)s::json) as (
            id bigint, id_cliente bigint, angel text, polo text,
            data_limite timestamp, data_de_atendimento timestamp, status text
        )
    ) with ordinality as given (given_id, id_cliente, angel, polo, data_limite, data_de_atendimento, status, number)
),

-- Ids are taken from the sequence only for what can be added.
known as materialized (
    select
        given.*,
        coalesce(given_id, nextval('atendimento_server_id_seq')) as id
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
),

-- Two of the list may have one id; the first of them was inserted.
shown as materialized (
    select distinct on (known.id)
        {{shown}},
        known.number
    from known
    inner join added as atendimento on atendimento.id = known.id
    cross join lateral (select (select nome from angel where id = known.angel_id) as nome) as angel
    cross join lateral (select (select nome from polo where id = known.polo_id) as nome) as polo
    order by known.id, known.number
),

written_down as (
    insert into audit_log (user_id, api_key_id, actor, action, object_type, object_id, after, request_id, address)
    select
        %(user_id)s::bigint, %(api_key_id)s::bigint, %(actor)s::text,
        'create', 'atendimento', id::text,
        to_jsonb(shown) - 'number',
        %(request_id)s::text,
        %(address)s::text
    from shown
    order by number
)

select {{fields}}
from shown
order by number
