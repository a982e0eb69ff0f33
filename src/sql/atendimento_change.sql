-- Changes one record in one statement. No row if its new angel or polo was deleted a moment ago.
-- angel, polo: names, or null if they stay as they are: a name that was only read may be another's by now.
with named as (
    select
        angel_of(%(angel)s::text) as angel_id,
        polo_of(%(polo)s::text) as polo_id
)

update atendimento set
    id_cliente = %(id_cliente)s,
    angel_id = coalesce(named.angel_id, atendimento.angel_id),
    polo_id = coalesce(named.polo_id, atendimento.polo_id),
    data_limite = %(data_limite)s,
    data_de_atendimento = %(data_de_atendimento)s,
    status = %(status)s,
    updated_at = now()
from named
where
    atendimento.id = %(id)s
    and (%(angel)s::text is null) = (named.angel_id is null)
    and (%(polo)s::text is null) = (named.polo_id is null)
