-- Ends an import as completed, in the transaction of its records. No row where its lease was lost or a cancel came first.
update import set
    status = 'completed',
    progress = 1,
    rows_read = %(read)s,
    rows_inserted = %(inserted)s,
    rows_updated = %(updated)s,
    rows_unchanged = %(unchanged)s,
    rows_superseded = %(superseded)s,
    rows_rejected = %(rejected)s,
    header = %(header)s,
    delimiter = %(delimiter)s,
    timings = %(timings)s,
    finished_at = clock_timestamp(),
    written_at = now(),
    undoable = not dry_run,
    lease_token = null,
    lease_expires_at = null
where id = %(id)s and lease_token = %(token)s and status = 'running' and cancel_requested_at is null
