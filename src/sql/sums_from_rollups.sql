-- Counts of attended records in a period, from whole months and the days at its edges.
-- One row per {{group}}; its counts may be zero.
-- first_month, last_month: whole months; head_start, head_end, head_sign and tail_...: edges, added (1) or taken off (-1);
-- null for what the period has not. {{group}}: one name, or null for all.
-- The margins are summed as doubles: exact up to 2^53 seconds, and a third faster than numeric over a year.
select
    {{group}}_id,
    sum(total) as total,
    sum(on_time) as on_time,
    sum(margin_seconds::float8) as margin_seconds,
    sum(active_days) as active_days
from (
    select {{group}}_id, total, on_time, margin_seconds, active_days
    from {{group}}_month
    where month between %(first_month)s and %(last_month)s
    union all
    select
        {{group}}_id,
        total * %(head_sign)s::int,
        on_time * %(head_sign)s::int,
        margin_seconds * %(head_sign)s::int,
        (total > 0)::int * %(head_sign)s::int
    from {{group}}_day
    where day between %(head_start)s and %(head_end)s
    union all
    select
        {{group}}_id,
        total * %(tail_sign)s::int,
        on_time * %(tail_sign)s::int,
        margin_seconds * %(tail_sign)s::int,
        (total > 0)::int * %(tail_sign)s::int
    from {{group}}_day
    where day between %(tail_start)s and %(tail_end)s
) as pieces
where %({{group}})s::text is null or {{group}}_id = (select id from {{group}} where nome = %({{group}})s::text)
group by {{group}}_id
