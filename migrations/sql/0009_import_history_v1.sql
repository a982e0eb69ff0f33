-- Only what was overwritten is kept: a record that an import inserted is known by its import_id.
-- No keys: a check of each row, or a place for it in a B-tree, would cost every import more than the rare undo saves.
-- The rows of an import lie together, so that a BRIN finds them.
create table import_history (
    import_id bigint not null,
    id bigint not null,
    id_cliente bigint not null,
    data_limite timestamp(0) not null,
    data_de_atendimento timestamp(0),
    former_import_id bigint,
    updated_at timestamptz not null,
    deleted_at timestamptz,
    angel_id integer not null,
    polo_id integer not null,
    status text not null
);
create index ix_import_history_import_id on import_history using brin (import_id);

create table import_history_cliente (
    import_id bigint not null,
    id bigint not null,
    nome text,
    email text,
    telefone text,
    updated_at timestamptz not null
);
create index ix_import_history_cliente_import_id on import_history_cliente using brin (import_id);

-- Imports of before have no history, and can't be undone.
alter table import
add column undoable boolean not null default false,
add column written_at timestamptz,
drop constraint ck_import_status,
drop constraint ck_import_conservation,
add constraint ck_import_status check (
    status in ('queued', 'running', 'completed', 'failed', 'cancelled', 'undone')
),
add constraint ck_import_conservation check (
    status not in ('completed', 'undone')
    or rows_read = rows_inserted + rows_updated + rows_unchanged + rows_superseded + rows_rejected
);
create index ix_import_undoable on import (finished_at) where undoable;
