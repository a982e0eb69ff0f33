-- Counts the new records per day and {{group}}: what the trigger on insert counts, as one set. A table of its own, because
-- only a table is made in parallel. active_days: 1 where the {{group}} had attended nothing that day, else 0.
create unlogged table import_{{group}}_counts as
select
    counts.*,
    (coalesce(stored.total, 0) = 0)::integer as active_days
from (
    select
        data_de_atendimento::date as day,
        {{group}}_id,
        count(*)::integer as total,
        (count(*) filter (where data_de_atendimento <= data_limite))::integer as on_time,
        sum(date_part('epoch', data_limite - data_de_atendimento))::bigint as margin_seconds
    from import_new
    where status = 'done'
    group by 1, 2
) as counts
left join {{group}}_day as stored on stored.day = counts.day and stored.{{group}}_id = counts.{{group}}_id
order by counts.day, counts.{{group}}_id;

analyze import_{{group}}_counts
