drop index ix_import_undoable;
-- The version before knows nothing of undone imports; like cancelled ones they have left nothing, and are not answered
-- to who uploads the file again.
update import set status = 'cancelled' where status = 'undone';
alter table import
drop column undoable,
drop column written_at,
drop constraint ck_import_status,
drop constraint ck_import_conservation,
add constraint ck_import_status check (status in ('queued', 'running', 'completed', 'failed', 'cancelled')),
add constraint ck_import_conservation check (
    status <> 'completed'
    or rows_read = rows_inserted + rows_updated + rows_unchanged + rows_superseded + rows_rejected
);
drop table import_history, import_history_cliente;
