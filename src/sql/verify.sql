-- Where do the rollups of {{group}}s differ from what the records say?
-- One row per day, month or mark and {{group}} that differs, with the number of such rows in all; nulls where a side has none.
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

recomputed_halves as (
    select
        date_trunc('year', start_date::timestamp)::date as year,
        mark_of(start_date) as mark,
        {{group}}_id,
        sum(total::int) as total,
        sum(on_time::int) as on_time,
        sum(margin_seconds) as margin_seconds,
        count(*) as active_days
    from recomputed_days
    group by 1, 2, 3
),

recomputed_to_date as (
    select
        marks.day as start_date,
        {{group}}_id,
        sum(total) as total,
        sum(on_time) as on_time,
        sum(margin_seconds) as margin_seconds,
        sum(active_days) as active_days
    from recomputed_halves
    inner join (
        select
            year,
            day
        from (select distinct year from recomputed_halves) as years
        cross join lateral marks_of_year(year) as day
    ) as marks on marks.year = recomputed_halves.year and marks.day >= recomputed_halves.mark
    group by 1, 2
),

stored_sums as (
    select '{{group}}_month' as rollup, month as start_date, {{group}}_id, total, on_time, margin_seconds, active_days
    from {{group}}_month
    union all
    select '{{group}}_to_date', day, {{group}}_id, total, on_time, margin_seconds, active_days
    from {{group}}_to_date
),

recomputed_sums as (
    select '{{group}}_month' as rollup, * from recomputed_months
    union all
    select '{{group}}_to_date', * from recomputed_to_date
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
        rollup,
        start_date,
        {{group}}_id,
        array[stored.total::bigint, stored.on_time, stored.margin_seconds, stored.active_days],
        array[recomputed.total::bigint, recomputed.on_time, recomputed.margin_seconds::bigint, recomputed.active_days]
    from (
        select * from stored_sums
        where (total, on_time, margin_seconds, active_days) <> (0, 0, 0, 0)
    ) as stored
    full join recomputed_sums as recomputed using (rollup, start_date, {{group}}_id)
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
