-- Imports whose holder has gone (killed, cut off): cancelled if that was asked for, failed when their attempts are used
-- up, else queued again. One row per import taken back.
-- A lease that nobody can have given by this clock is as good as expired: the clock was set back since.
-- NO KEY, because the session of a host that vanished may hold KEY SHARE on the row for its rejections: FOR UPDATE would
-- skip the import for as long as the server does not notice.
-- Parameters: max_attempts, longest (seconds that a lease can last).
update import set
    status = case
        when cancel_requested_at is not null then 'cancelled'
        when attempts >= %(max_attempts)s then 'failed'
        else 'queued'
    end,
    error = case
        when cancel_requested_at is null and attempts >= %(max_attempts)s
            then format(
                'The import was interrupted %%s times, each time before it could end. Nothing of it was kept. '
                'If the file is very large, split it; else ask whoever runs the service to look at the worker''s log.',
                attempts
            )
    end,
    finished_at = case
        when cancel_requested_at is not null or attempts >= %(max_attempts)s then now()
    end,
    rows_read = 0,
    rows_rejected = 0,
    progress = 0,
    lease_token = null,
    lease_expires_at = null
where
    id in (
        select id from import
        where status = 'running'
            and (lease_expires_at < now() or lease_expires_at > now() + make_interval(secs => %(longest)s))
        for no key update skip locked
    )
returning id, status, storage_key
