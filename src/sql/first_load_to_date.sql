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

marks as (
    select
        year,
        day
    from (select distinct year from halves) as years
    cross join lateral marks_of_year(year) as day
)

select
    marks.day,
    halves.{{group}}_id,
    sum(halves.total),
    sum(halves.on_time),
    sum(halves.margin_seconds),
    sum(halves.active_days)
from halves
inner join marks on marks.year = halves.year and marks.day >= halves.mark
group by 1, 2
order by 1, 2
