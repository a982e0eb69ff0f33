-- Counts of attended records from 1 January to some marks, each of a year of its own.
-- One row per mark and {{group}} that attended anything before it; its counts may be zero.
-- {{marks}}: a parameter for each, so that a plan for any of them knows how many they are.
select
    {{group}}_id,
    {{counts}}
from {{group}}_to_date
where day in ({{marks}})
