-- The first and the last day on which anything was attended: one row, nulls where nothing was.
select
    min(day) as start_date,
    max(day) as end_date
from polo_day
where total > 0
