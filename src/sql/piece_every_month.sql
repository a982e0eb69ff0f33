-- Counts of attended records in every month that has any.
-- One row per month and {{group}}; its counts may be zero.
select
    {{group}}_id,
    {{counts}}
from {{group}}_month
