-- Deliveries of each angel over all time, and how many were on time. One row per angel that attended anything.
-- The percentage has two decimals, or more until it is 100 only without a late delivery and 0 only without one on time.
create or replace view angel_productivity as
select
    angel.nome as angel,
    counts.total as total_deliveries,
    counts.on_time as on_time_deliveries,
    round(
        100.0 * counts.on_time / counts.total,
        case
            when counts.on_time in (0, counts.total) then 2
            -- Half a unit of the last decimal must be less than the smaller part's percentage.
            else greatest(
                2,
                floor(log(counts.total / (200.0 * least(counts.on_time, counts.total - counts.on_time))))::int + 1
            )
        end
    ) as on_time_percentage
from (
    select
        angel_id,
        sum(total) as total,
        sum(on_time) as on_time
    from angel_month
    group by angel_id
    having sum(total) > 0
) as counts
inner join angel on angel.id = counts.angel_id;
