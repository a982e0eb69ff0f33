-- Takes a queued import for one holder. One row, or none where somebody else has it or it has ended.
-- Parameters: id, token, lease (seconds).
update import set
    status = 'running',
    lease_token = %(token)s,
    lease_expires_at = now() + make_interval(secs => %(lease)s),
    attempts = attempts + 1,
    started_at = coalesce(started_at, now()),
    progress = 0
where id = %(id)s and status = 'queued'
returning
    id,
    kind,
    mode,
    dry_run,
    max_rejected,
    charset,
    storage_key,
    size_bytes,
    attempts as attempt,
    lease_token as token
