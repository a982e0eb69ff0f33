-- Puts a running import back into the queue; `attempt` is taken off its attempts (1: this one shall not count).
update import set
    status = 'queued',
    attempts = attempts - %(attempt)s,
    rows_read = 0,
    rows_rejected = 0,
    progress = 0,
    lease_token = null,
    lease_expires_at = null
where id = %(id)s and lease_token = %(token)s and status = 'running'
