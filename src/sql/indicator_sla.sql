-- Which SLA does each {{group}} keep: on time by attended (domain.md rules 1 and 2), and the mean margin to the deadline.
-- One row per {{group}} that attended anything.
-- {{one}}: which {{group}}, if one is asked for; and the parameters of the pieces.
-- The margins are summed as doubles: exact up to 2^53 seconds, and a third faster than numeric over a year.
select
    {{group}}.nome as {{group}},
    sums.total,
    sums.on_time,
    sums.total - sums.on_time as late,
    sums.on_time / sums.total::float8 as sla,
    sums.margin_seconds / (sums.total * 3600) as avg_margin_hours
from (
    select
        {{group}}_id,
        sum(total) as total,
        sum(on_time) as on_time,
        sum(margin_seconds::float8) as margin_seconds
    from (
        {{pieces}}
    ) as pieces
    {{one}}
    group by {{group}}_id
) as sums
inner join {{group}} on {{group}}.id = sums.{{group}}_id
where sums.total > 0
