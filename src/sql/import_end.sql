-- Ends an import as failed or cancelled. Nothing of its rows has stayed, and so it counts none.
update import set
    status = %(status)s,
    error = %(error)s,
    rows_read = 0,
    rows_rejected = 0,
    finished_at = now(),
    lease_token = null,
    lease_expires_at = null
where id = %(id)s and lease_token = %(token)s and status = 'running'
