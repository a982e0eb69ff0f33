-- Deliveries of each angel over all time, most first.
-- One row per angel that attended anything, with the number of such angels in all.
-- at_most: rows returned, null for all.
select
    angel,
    total_deliveries,
    on_time_deliveries,
    on_time_percentage::float8,
    count(*) over () as rows_in_all
from angel_productivity
order by total_deliveries desc, angel
limit %(at_most)s
