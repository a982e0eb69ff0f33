-- Of clientes with one e-mail once it is composed, the one that has it composed keeps it, else the oldest: ids come from
-- outside, so that clientes can't be merged. What the others had is in the audit log.
create unlogged table cliente_composed as
select
    id,
    email as former,
    normalize(email, nfc) as email,
    first_value(id) over (partition by lower(normalize(email, nfc)) order by (email is nfc normalized) desc, id) as kept
from cliente
where lower(normalize(email, nfc)) in (select lower(normalize(email, nfc)) from cliente where email is not nfc normalized);

insert into audit_log (action, object_type, object_id, before, after)
select
    'update',
    'cliente',
    id::text,
    jsonb_build_object('id', id, 'email', former),
    jsonb_build_object('id', id, 'email', case when id = kept then email end)
from cliente_composed
where id <> kept or former <> email
order by id;

update cliente set email = null
from cliente_composed
where cliente.id = cliente_composed.id and cliente_composed.id <> cliente_composed.kept;

update cliente set email = cliente_composed.email
from cliente_composed
where cliente.id = cliente_composed.kept and cliente_composed.id = cliente_composed.kept
    and cliente.email <> cliente_composed.email;

update cliente set nome = normalize(nome, nfc), telefone = normalize(telefone, nfc)
where nome is not nfc normalized or telefone is not nfc normalized;

update import_history_cliente set
    nome = normalize(nome, nfc),
    email = normalize(email, nfc),
    telefone = normalize(telefone, nfc)
where nome is not nfc normalized or email is not nfc normalized or telefone is not nfc normalized;
