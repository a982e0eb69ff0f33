-- The valid rows of one import, as its file has them, and its names by number. Lives in the import's own schema and
-- transaction, so a crash leaves nothing; unlogged rather than temporary, so that the merge may read it in parallel.
create unlogged table import_staging (
    line bigint not null,
    id bigint not null,
    id_cliente bigint not null,
    data_limite timestamp not null,
    data_de_atendimento timestamp,
    angel integer not null,
    polo integer not null,
    status text -- null: the file says nothing of it
);

create unlogged table import_angel (number integer not null, nome text not null, angel_id integer);

create unlogged table import_polo (number integer not null, nome text not null, polo_id integer);
