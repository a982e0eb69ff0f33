-- The day rollups of a first load, from the counts that were spilled while reading. One row per day and angel (polo).
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
