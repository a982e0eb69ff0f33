    -- Changes of any number of days and of each {{group}}: one row per day and {{group}}; those that cancel out are left alone.
    with signed_rows as (
        {{rows}}
    ),

    changes as (
        select
            data_de_atendimento::date as day,
            {{group}}_id,
            sum(sign) as total,
            sum(case when data_de_atendimento <= data_limite then sign else 0 end) as on_time,
            sum(sign * date_part('epoch', data_limite - data_de_atendimento)) as margin_seconds
        from signed_rows
        where status = 'done' and deleted_at is null
        group by 1, 2
    ),

    days as (
        insert into {{group}}_day as stored (day, {{group}}_id, total, on_time, margin_seconds)
        select day, {{group}}_id, total, on_time, margin_seconds
        from changes
        where total <> 0 or on_time <> 0 or margin_seconds <> 0
        order by day, {{group}}_id
        on conflict (day, {{group}}_id) do update set
            total = stored.total + excluded.total,
            on_time = stored.on_time + excluded.on_time,
            margin_seconds = stored.margin_seconds + excluded.margin_seconds
        returning with (old as before, new as after)
            after.day,
            after.{{group}}_id,
            after.total - coalesce(before.total, 0) as total,
            after.on_time - coalesce(before.on_time, 0) as on_time,
            after.margin_seconds - coalesce(before.margin_seconds, 0) as margin_seconds,
            (after.total > 0)::int - (coalesce(before.total, 0) > 0)::int as active_days
    ),

    halves as (
        select
            date_trunc('year', day::timestamp)::date as year,
            mark_of(day) as mark,
            {{group}}_id,
            sum(total) as total,
            sum(on_time) as on_time,
            sum(margin_seconds::float8) as margin_seconds,
            sum(active_days) as active_days
        from days
        group by 1, 2, 3
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
    marks as materialized (
        select
            year,
            day
        from (select distinct year from halves) as years
        cross join lateral marks_of_year(year) as day
        where (select count(*) from months) > 0
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

    insert into {{group}}_to_date as stored (day, {{group}}_id, total, on_time, margin_seconds, active_days)
    select day, {{group}}_id, total, on_time, margin_seconds, active_days
    from to_date
    where total <> 0 or on_time <> 0 or margin_seconds <> 0 or active_days <> 0
    order by day, {{group}}_id
    on conflict (day, {{group}}_id) do update set
        total = stored.total + excluded.total,
        on_time = stored.on_time + excluded.on_time,
        margin_seconds = stored.margin_seconds + excluded.margin_seconds,
        active_days = stored.active_days + excluded.active_days;
