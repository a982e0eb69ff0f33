-- Adds the partitions of the audit log that this month and the next three need, behind the last that there is. No row of
-- use. A month with entries in audit_log_other, because no sweep ran for months, stays there.
with bounds as (
    select max(substring(pg_get_expr(pg_class.relpartbound, pg_class.oid) from 'TO \(''([^'']+)''\)')::timestamptz) as until
    from pg_inherits
    inner join pg_class on pg_class.oid = pg_inherits.inhrelid
    where pg_inherits.inhparent = 'audit_log'::regclass
),

months as (
    select generate_series(
        greatest(until at time zone 'UTC', date_trunc('month', now() at time zone 'UTC')),
        date_trunc('month', now() at time zone 'UTC') + interval '3 months',
        interval '1 month'
    ) as first_day
    from bounds
)

select add_audit_log_partition(first_day::date)
from months
where
    not exists (
        select from audit_log_other
        where
            at >= first_day at time zone 'UTC'
            and at < (first_day + interval '1 month') at time zone 'UTC'
    )
order by first_day
