-- Imports whose history is older than `history_days` can't be undone any more. One row per such import.
update import set undoable = false
where undoable and finished_at < now() - make_interval(days => %(history_days)s)
returning id
