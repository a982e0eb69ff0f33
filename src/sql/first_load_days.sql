-- The day rollups of a table that was loaded without its triggers, counted from its records.
-- Margins are summed as doubles, exact up to 2^53 seconds.
insert into {angel_day} (day, angel_id, total, on_time, margin_seconds)
select
    data_de_atendimento::date,
    angel_id,
    count(*),
    count(*) filter (where data_de_atendimento <= data_limite),
    sum(date_part('epoch', data_limite - data_de_atendimento))
from {atendimento}
where status = 'done' and deleted_at is null
group by 1, 2
order by 1, 2;

insert into {polo_day} (day, polo_id, total, on_time, margin_seconds)
select
    data_de_atendimento::date,
    polo_id,
    count(*),
    count(*) filter (where data_de_atendimento <= data_limite),
    sum(date_part('epoch', data_limite - data_de_atendimento))
from {atendimento}
where status = 'done' and deleted_at is null
group by 1, 2
order by 1, 2;
