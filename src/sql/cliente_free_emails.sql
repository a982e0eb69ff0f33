-- Frees the e-mails that stored clientes give up, before others take them.
update cliente set email = null
from import_delta_cliente
where
    import_delta_cliente.stored
    and cliente.id = import_delta_cliente.id
    and cliente.email is not null
    and lower(cliente.email) is distinct from lower(import_delta_cliente.email)
