-- The rollups of a first load from the counts that were spilled while reading: one row per day and angel (polo), and
-- from these one row per month and angel (polo).
insert into {angel_day} (day, angel_id, total, on_time, margin_seconds)
select day, key, sum(total), sum(on_time), sum(margin_seconds)
from import_angel_day
group by day, key
order by day, key;

insert into {polo_day} (day, polo_id, total, on_time, margin_seconds)
select day, key, sum(total), sum(on_time), sum(margin_seconds)
from import_polo_day
group by day, key
order by day, key;

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
