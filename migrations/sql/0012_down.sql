create or replace view angel_productivity as
select
    angel.nome as angel,
    sum(angel_month.total) as total_deliveries,
    sum(angel_month.on_time) as on_time_deliveries,
    round(100.0 * sum(angel_month.on_time) / sum(angel_month.total), 2) as on_time_percentage
from angel_month
inner join angel on angel.id = angel_month.angel_id
group by angel.id
having sum(angel_month.total) > 0;
