-- Counts of attended records in the days at an edge of a period, added to those of the months or taken off them.
-- One row per day and {{group}}; its counts may be zero.
-- {{edge}}_start, {{edge}}_end: both included.
select
    {{group}}_id,
    {{counts}}
from (select *, (total > 0)::int as active_days from {{group}}_day) as days
where day between %({{edge}}_start)s and %({{edge}}_end)s
