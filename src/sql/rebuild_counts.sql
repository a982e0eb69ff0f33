-- Counts the new records, in a table of their own: only a table is made in parallel.
-- One row per day and {{group}} that attended anything.
create unlogged table import_{{group}}_counts as
select
    data_de_atendimento::date as day,
    {{group}}_id,
    count(*)::integer as total,
    (count(*) filter (where data_de_atendimento <= data_limite))::integer as on_time,
    sum(date_part('epoch', data_limite - data_de_atendimento))::bigint as margin_seconds
from import_new
where status = 'done'
group by 1, 2
order by 1, 2;

analyze import_{{group}}_counts;
