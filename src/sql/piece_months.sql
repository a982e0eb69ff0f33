-- Counts of attended records in whole months.
-- One row per month and {{group}}; its counts may be zero.
-- first_month, last_month: their first days, both included.
select
    {{group}}_id,
    {{counts}}
from {{group}}_month
where month between %(first_month)s and %(last_month)s
