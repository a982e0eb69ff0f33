-- Counts the records that are there already: a database may come up again from a revision that had no rollups.
-- The triggers that were made just before keep other writers out until the commit.
insert into {{group}}_day (day, {{group}}_id, total, on_time, margin_seconds)
select
    data_de_atendimento::date,
    {{group}}_id,
    count(*),
    count(*) filter (where data_de_atendimento <= data_limite),
    sum(date_part('epoch', data_limite - data_de_atendimento))
from atendimento
where status = 'done' and deleted_at is null
group by 1, 2
order by 1, 2;

insert into {{group}}_month (month, {{group}}_id, total, on_time, margin_seconds, active_days)
select
    date_trunc('month', day::timestamp)::date,
    {{group}}_id,
    sum(total),
    sum(on_time),
    sum(margin_seconds),
    count(*)
from {{group}}_day
group by 1, 2
order by 1, 2;
