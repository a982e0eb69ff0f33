-- Deliveries of each angel over all time, and how many were on time. One row per angel that attended anything.
create view angel_productivity as
select
    angel.nome as angel,
    sum(angel_month.total) as total_deliveries,
    sum(angel_month.on_time) as on_time_deliveries,
    round(100.0 * sum(angel_month.on_time) / sum(angel_month.total), 2) as on_time_percentage
from angel_month
inner join angel on angel.id = angel_month.angel_id
group by angel.id
having sum(angel_month.total) > 0;

-- Deliveries of each polo by weekday (ISO, Monday is 1) over all time. One row per polo and weekday with any.
create view polo_productivity as
select
    polo.nome as polo,
    counts.weekday,
    counts.total_deliveries
from (
    select
        polo_id,
        date_part('isodow', day)::int as weekday,
        sum(total) as total_deliveries
    from polo_day
    group by 1, 2
    having sum(total) > 0
) as counts
inner join polo on polo.id = counts.polo_id;
