-- Adds the new records to the rollups of {{group}}s as one set: what the trigger on insert does, in half of its time.
-- The counts are a statement of their own because only a table is made in parallel; MERGE is faster than ON CONFLICT, and
-- safe because nobody else writes while the import holds its lock. Rollups in the order of the trigger's locks.
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

with days as (
    merge into {{group}}_day as stored
    using import_{{group}}_counts as counts on stored.day = counts.day and stored.{{group}}_id = counts.{{group}}_id
    when matched then update set
        total = stored.total + counts.total,
        on_time = stored.on_time + counts.on_time,
        margin_seconds = stored.margin_seconds + counts.margin_seconds
    when not matched then insert (day, {{group}}_id, total, on_time, margin_seconds)
        values (counts.day, counts.{{group}}_id, counts.total, counts.on_time, counts.margin_seconds)
    returning counts.*, (coalesce(old.total, 0) = 0)::integer as active_days
),

halves as (
    select
        mark_of(day) as mark,
        {{group}}_id,
        sum(total) as total,
        sum(on_time) as on_time,
        sum(margin_seconds) as margin_seconds,
        sum(active_days) as active_days
    from days
    group by 1, 2
),

months as (
    insert into {{group}}_month as stored (month, {{group}}_id, total, on_time, margin_seconds, active_days)
    select
        date_trunc('month', mark::timestamp)::date,
        {{group}}_id,
        sum(total),
        sum(on_time),
        sum(margin_seconds),
        sum(active_days)
    from halves
    group by 1, 2
    order by 1, 2
    on conflict (month, {{group}}_id) do update set
        total = stored.total + excluded.total,
        on_time = stored.on_time + excluded.on_time,
        margin_seconds = stored.margin_seconds + excluded.margin_seconds,
        active_days = stored.active_days + excluded.active_days
    returning 1
),

-- Counts the months, so that they are written first.
marks as (
    select
        year,
        day
    from (select distinct date_trunc('year', mark::timestamp)::date as year from halves) as years
    cross join lateral marks_of_year(year) as day
    where (select count(*) from months) > 0
)

insert into {{group}}_to_date as stored (day, {{group}}_id, total, on_time, margin_seconds, active_days)
select
    marks.day,
    halves.{{group}}_id,
    sum(halves.total),
    sum(halves.on_time),
    sum(halves.margin_seconds),
    sum(halves.active_days)
from halves
inner join marks on marks.year = date_trunc('year', halves.mark::timestamp)::date and marks.day >= halves.mark
group by 1, 2
order by 1, 2
on conflict (day, {{group}}_id) do update set
    total = stored.total + excluded.total,
    on_time = stored.on_time + excluded.on_time,
    margin_seconds = stored.margin_seconds + excluded.margin_seconds,
    active_days = stored.active_days + excluded.active_days
