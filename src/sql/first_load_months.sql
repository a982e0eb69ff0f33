-- The month rollups of a first load, from its days. One row per month and angel (polo).
delete from angel_month;

delete from polo_month;

insert into angel_month (month, angel_id, total, on_time, margin_seconds, active_days)
select date_trunc('month', day::timestamp)::date, angel_id, sum(total), sum(on_time), sum(margin_seconds), count(*)
from {angel_day}
where total > 0
group by 1, 2
order by 1, 2;

insert into polo_month (month, polo_id, total, on_time, margin_seconds, active_days)
select date_trunc('month', day::timestamp)::date, polo_id, sum(total), sum(on_time), sum(margin_seconds), count(*)
from {polo_day}
where total > 0
group by 1, 2
order by 1, 2;
