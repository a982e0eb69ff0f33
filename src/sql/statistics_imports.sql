-- Imports by status, and what the monitoring asks of them: one row per status that there is.
-- An interruption is an attempt that neither ended its import nor was handed back: its worker died, or the database did.
select
    status,
    count(*) as imports,
    sum(greatest(attempts - (status <> 'queued')::integer, 0))::bigint as interruptions,
    count(*) filter (where status = 'running' and lease_expires_at < now()) as leases_expired,
    count(*) filter (where status = 'running' and lease_expires_at >= now()) as leases_held,
    coalesce(extract(epoch from now() - min(created_at) filter (where status = 'queued')), 0)::double precision
        as queue_age_seconds
from import
group by status
