-- The valid rows of one import of clientes, with the text of their lines for those that are refused later.
create unlogged table import_staging_cliente (
    line bigint not null,
    id bigint not null,
    nome text,
    email text,
    telefone text,
    raw text not null
)
