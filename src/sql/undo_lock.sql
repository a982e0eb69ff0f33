-- The import as its undo has to know it, locked. One row, or none. Parameters: id, history_days.
select
    kind,
    status,
    dry_run,
    written_at,
    rows_inserted + rows_updated as written,
    undoable and finished_at > now() - make_interval(days => %(history_days)s) as undoable
from import
where id = %(id)s
for no key update
