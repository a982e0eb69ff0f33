-- Deliveries of each polo by weekday (ISO, Monday is 1) over all time, most first.
-- One row per polo and weekday with any, with the number of such rows in all.
-- at_most: rows returned, null for all.
select
    polo,
    weekday,
    total_deliveries,
    count(*) over () as rows_in_all
from polo_productivity
order by total_deliveries desc, polo, weekday
limit %(at_most)s
