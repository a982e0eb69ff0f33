-- The counts to date of {{group}}s from those per day, in the table {{day}}: one row per mark and {{group}}, from its first
-- visit of the year on.
insert into {{group}}_to_date (day, {{group}}_id, total, on_time, margin_seconds, active_days)
with halves as (
    select
        date_trunc('year', day::timestamp)::date as year,
        mark_of(day) as mark,
        {{group}}_id,
        sum(total) as total,
        sum(on_time) as on_time,
        sum(margin_seconds) as margin_seconds,
        count(*) as active_days
    from {{day}}
    where total > 0
    group by 1, 2, 3
),

marks as materialized (
    select
        year,
        day
    from (select distinct year from halves) as years
    cross join lateral marks_of_year(year) as day
),

dense as (
    select
        years.year,
        marks.day,
        years.{{group}}_id,
        halves.total,
        halves.on_time,
        halves.margin_seconds,
        halves.active_days
    from (select distinct year, {{group}}_id from halves) as years
    inner join marks on marks.year = years.year
    left join halves on halves.mark = marks.day and halves.{{group}}_id = years.{{group}}_id
),

to_date as (
    select
        day,
        {{group}}_id,
        sum(total) over year_to_date as total,
        sum(on_time) over year_to_date as on_time,
        sum(margin_seconds) over year_to_date as margin_seconds,
        sum(active_days) over year_to_date as active_days
    from dense
    window year_to_date as (partition by {{group}}_id, year order by day)
)

select
    day,
    {{group}}_id,
    total,
    on_time,
    margin_seconds,
    active_days
from to_date
where total > 0
order by day, {{group}}_id
