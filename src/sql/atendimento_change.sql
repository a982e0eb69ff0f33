-- Changes one record in one statement. No row where its new angel or polo was deleted a moment ago.
update atendimento set
    id_cliente = %(id_cliente)s,
    angel_id = angel.id,
    polo_id = polo.id,
    data_limite = %(data_limite)s,
    data_de_atendimento = %(data_de_atendimento)s,
    status = %(status)s,
    updated_at = now()
from angel, polo
where atendimento.id = %(id)s and angel.nome = %(angel)s and polo.nome = %(polo)s
