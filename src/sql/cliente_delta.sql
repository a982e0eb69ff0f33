-- What the import changes: one row per staged cliente that is not stored or differs from what is stored.
create unlogged table import_delta_cliente as
select
    import_staging_cliente.id,
    import_staging_cliente.nome,
    import_staging_cliente.email,
    import_staging_cliente.telefone,
    cliente.id is not null as stored
from import_staging_cliente
left join cliente on cliente.id = import_staging_cliente.id
where
    cliente.id is null
    or cliente.nome is distinct from import_staging_cliente.nome
    or cliente.email is distinct from import_staging_cliente.email
    or cliente.telefone is distinct from import_staging_cliente.telefone
