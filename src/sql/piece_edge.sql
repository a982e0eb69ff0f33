-- Counts of attended records in the days between a mark and a bound of the period, added to the counts to date or taken off.
-- One row per day and {{group}}; its counts may be zero.
-- {{piece}}_start, {{piece}}_end: both included.
select
    {{group}}_id,
    {{counts}}
from (select *, (total > 0)::int as active_days from {{group}}_day) as days
where day between %({{piece}}_start)s and %({{piece}}_end)s
