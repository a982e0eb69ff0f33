-- Where do the rollups of {{group}}s differ from what the records say?
-- One row per day or month and {{group}} that differs, with the number of such rows in all; nulls where a side has none.
-- A row of zeros is as good as none. at_most: rows returned.
with recomputed_days as materialized (
    select
        data_de_atendimento::date as start_date,
        {{group}}_id,
        count(*) as total,
        count(*) filter (where data_de_atendimento <= data_limite) as on_time,
        sum(date_part('epoch', data_limite - data_de_atendimento)) as margin_seconds
    from atendimento
    where status = 'done' and deleted_at is null
    group by 1, 2
),

recomputed_months as (
    select
        date_trunc('month', start_date::timestamp)::date as start_date,
        {{group}}_id,
        sum(total::int) as total,
        sum(on_time::int) as on_time,
        sum(margin_seconds) as margin_seconds,
        count(*) as active_days
    from recomputed_days
    group by 1, 2
),

differences as (
    select
        '{{group}}_day' as rollup,
        start_date,
        {{group}}_id,
        array[stored.total::bigint, stored.on_time, stored.margin_seconds] as stored,
        array[recomputed.total, recomputed.on_time, recomputed.margin_seconds::bigint] as recomputed
    from (select day as start_date, * from {{group}}_day where (total, on_time, margin_seconds) <> (0, 0, 0)) as stored
    full join recomputed_days as recomputed using (start_date, {{group}}_id)
    where
        (stored.total, stored.on_time, stored.margin_seconds)
        is distinct from (recomputed.total, recomputed.on_time, recomputed.margin_seconds)
    union all
    select
        '{{group}}_month',
        start_date,
        {{group}}_id,
        array[stored.total::bigint, stored.on_time, stored.margin_seconds, stored.active_days],
        array[recomputed.total, recomputed.on_time, recomputed.margin_seconds::bigint, recomputed.active_days]
    from (
        select month as start_date, * from {{group}}_month
        where (total, on_time, margin_seconds, active_days) <> (0, 0, 0, 0)
    ) as stored
    full join recomputed_months as recomputed using (start_date, {{group}}_id)
    where
        (stored.total, stored.on_time, stored.margin_seconds, stored.active_days)
        is distinct from (recomputed.total, recomputed.on_time, recomputed.margin_seconds, recomputed.active_days)
)

select
    differences.rollup,
    differences.start_date,
    {{group}}.nome,
    differences.stored,
    differences.recomputed,
    count(*) over () as differences
from differences
left join {{group}} on {{group}}.id = differences.{{group}}_id
order by differences.rollup, differences.start_date, {{group}}.nome
limit %(at_most)s
