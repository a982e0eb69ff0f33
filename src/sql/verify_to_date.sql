-- Where do the counts to date of {{group}}s differ from what the records say?
-- One row per mark and {{group}} that differs, with the number of such rows in all; nulls where a side has none.
-- A row of zeros is as good as none. at_most: rows returned.
with recomputed_halves as materialized (
    select
        date_trunc('year', day::timestamp)::date as year,
        mark_of(day) as mark,
        {{group}}_id,
        sum(total) as total,
        sum(on_time) as on_time,
        sum(margin_seconds) as margin_seconds,
        count(*) as active_days
    from (
        select
            data_de_atendimento::date as day,
            {{group}}_id,
            count(*) as total,
            count(*) filter (where data_de_atendimento <= data_limite) as on_time,
            sum(date_part('epoch', data_limite - data_de_atendimento)) as margin_seconds
        from atendimento
        where status = 'done' and deleted_at is null
        group by 1, 2
    ) as days
    group by 1, 2, 3
),

marks as materialized (
    select
        year,
        day
    from (select distinct year from recomputed_halves) as years
    cross join lateral marks_of_year(year) as day
),

recomputed as (
    select
        marks.day,
        {{group}}_id,
        sum(total) as total,
        sum(on_time) as on_time,
        sum(margin_seconds) as margin_seconds,
        sum(active_days) as active_days
    from recomputed_halves
    inner join marks on marks.year = recomputed_halves.year and marks.day >= recomputed_halves.mark
    group by 1, 2
)

select
    '{{group}}_to_date' as rollup,
    day,
    {{group}}.nome,
    array[stored.total::bigint, stored.on_time, stored.margin_seconds, stored.active_days],
    array[recomputed.total, recomputed.on_time, recomputed.margin_seconds, recomputed.active_days]::bigint[],
    count(*) over () as differences
from (
    select * from {{group}}_to_date where (total, on_time, margin_seconds, active_days) <> (0, 0, 0, 0)
) as stored
full join recomputed using (day, {{group}}_id)
left join {{group}} on {{group}}.id = {{group}}_id
where
    (stored.total, stored.on_time, stored.margin_seconds, stored.active_days)
    is distinct from (recomputed.total, recomputed.on_time, recomputed.margin_seconds, recomputed.active_days)
order by day, {{group}}.nome
limit %(at_most)s
