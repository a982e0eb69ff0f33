-- Adds what one statement changed in atendimento to the rollups, exactly, whoever wrote it.
-- Grain of the changes: one row per day and angel (polo); those that cancel out are left alone.
-- Order of locks, for every writer: angel_day, angel_month, angel_to_date, polo_day, polo_month, polo_to_date, each by its
-- key; so two transactions of one statement each can't wait for one another. A transaction of several statements can, and
-- so can a MERGE or an INSERT ... ON CONFLICT DO UPDATE, which runs two triggers: such a writer locks atendimento (share
-- row exclusive) first, as imports do, or tries again.
-- Margins are summed as doubles, exact up to 2^53 seconds: as numeric the update of a tenth of a million rows took a
-- seventh longer. Days are truncated as timestamps: a date would go through the session's time zone.
-- The returned rows are named before and after because old and new are the trigger's own in plpgsql.
create or replace function atendimento_rollup_{{event}}() returns trigger language plpgsql as $$
begin
    with signed_rows as (
        {{rows}}
    ),

    changes as (
        select
            data_de_atendimento::date as day,
            angel_id,
            sum(sign) as total,
            sum(case when data_de_atendimento <= data_limite then sign else 0 end) as on_time,
            sum(sign * date_part('epoch', data_limite - data_de_atendimento)) as margin_seconds
        from signed_rows
        where status = 'done' and deleted_at is null
        group by 1, 2
    ),

    days as (
        insert into angel_day as stored (day, angel_id, total, on_time, margin_seconds)
        select day, angel_id, total, on_time, margin_seconds
        from changes
        where total <> 0 or on_time <> 0 or margin_seconds <> 0
        order by day, angel_id
        on conflict (day, angel_id) do update set
            total = stored.total + excluded.total,
            on_time = stored.on_time + excluded.on_time,
            margin_seconds = stored.margin_seconds + excluded.margin_seconds
        returning with (old as before, new as after)
            after.day,
            after.angel_id,
            after.total - coalesce(before.total, 0) as total,
            after.on_time - coalesce(before.on_time, 0) as on_time,
            after.margin_seconds - coalesce(before.margin_seconds, 0) as margin_seconds,
            (after.total > 0)::int - (coalesce(before.total, 0) > 0)::int as active_days
    ),

    halves as (
        select
            date_trunc('year', day::timestamp)::date as year,
            mark_of(day) as mark,
            angel_id,
            sum(total) as total,
            sum(on_time) as on_time,
            sum(margin_seconds::float8) as margin_seconds,
            sum(active_days) as active_days
        from days
        group by 1, 2, 3
    ),

    months as (
        insert into angel_month as stored (month, angel_id, total, on_time, margin_seconds, active_days)
        select
            date_trunc('month', mark::timestamp)::date,
            angel_id,
            sum(total),
            sum(on_time),
            sum(margin_seconds),
            sum(active_days)
        from halves
        group by 1, 2
        order by 1, 2
        on conflict (month, angel_id) do update set
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
            years.angel_id,
            halves.total,
            halves.on_time,
            halves.margin_seconds,
            halves.active_days
        from (select distinct year, angel_id from halves) as years
        inner join marks on marks.year = years.year
        left join halves on halves.mark = marks.day and halves.angel_id = years.angel_id
    ),

    to_date as (
        select
            day,
            angel_id,
            sum(total) over year_to_date as total,
            sum(on_time) over year_to_date as on_time,
            sum(margin_seconds) over year_to_date as margin_seconds,
            sum(active_days) over year_to_date as active_days
        from dense
        window year_to_date as (partition by angel_id, year order by day)
    )

    insert into angel_to_date as stored (day, angel_id, total, on_time, margin_seconds, active_days)
    select day, angel_id, total, on_time, margin_seconds, active_days
    from to_date
    where total <> 0 or on_time <> 0 or margin_seconds <> 0 or active_days <> 0
    order by day, angel_id
    on conflict (day, angel_id) do update set
        total = stored.total + excluded.total,
        on_time = stored.on_time + excluded.on_time,
        margin_seconds = stored.margin_seconds + excluded.margin_seconds,
        active_days = stored.active_days + excluded.active_days;

    with signed_rows as (
        {{rows}}
    ),

    changes as (
        select
            data_de_atendimento::date as day,
            polo_id,
            sum(sign) as total,
            sum(case when data_de_atendimento <= data_limite then sign else 0 end) as on_time,
            sum(sign * date_part('epoch', data_limite - data_de_atendimento)) as margin_seconds
        from signed_rows
        where status = 'done' and deleted_at is null
        group by 1, 2
    ),

    days as (
        insert into polo_day as stored (day, polo_id, total, on_time, margin_seconds)
        select day, polo_id, total, on_time, margin_seconds
        from changes
        where total <> 0 or on_time <> 0 or margin_seconds <> 0
        order by day, polo_id
        on conflict (day, polo_id) do update set
            total = stored.total + excluded.total,
            on_time = stored.on_time + excluded.on_time,
            margin_seconds = stored.margin_seconds + excluded.margin_seconds
        returning with (old as before, new as after)
            after.day,
            after.polo_id,
            after.total - coalesce(before.total, 0) as total,
            after.on_time - coalesce(before.on_time, 0) as on_time,
            after.margin_seconds - coalesce(before.margin_seconds, 0) as margin_seconds,
            (after.total > 0)::int - (coalesce(before.total, 0) > 0)::int as active_days
    ),

    halves as (
        select
            date_trunc('year', day::timestamp)::date as year,
            mark_of(day) as mark,
            polo_id,
            sum(total) as total,
            sum(on_time) as on_time,
            sum(margin_seconds::float8) as margin_seconds,
            sum(active_days) as active_days
        from days
        group by 1, 2, 3
    ),

    months as (
        insert into polo_month as stored (month, polo_id, total, on_time, margin_seconds, active_days)
        select
            date_trunc('month', mark::timestamp)::date,
            polo_id,
            sum(total),
            sum(on_time),
            sum(margin_seconds),
            sum(active_days)
        from halves
        group by 1, 2
        order by 1, 2
        on conflict (month, polo_id) do update set
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
            years.polo_id,
            halves.total,
            halves.on_time,
            halves.margin_seconds,
            halves.active_days
        from (select distinct year, polo_id from halves) as years
        inner join marks on marks.year = years.year
        left join halves on halves.mark = marks.day and halves.polo_id = years.polo_id
    ),

    to_date as (
        select
            day,
            polo_id,
            sum(total) over year_to_date as total,
            sum(on_time) over year_to_date as on_time,
            sum(margin_seconds) over year_to_date as margin_seconds,
            sum(active_days) over year_to_date as active_days
        from dense
        window year_to_date as (partition by polo_id, year order by day)
    )

    insert into polo_to_date as stored (day, polo_id, total, on_time, margin_seconds, active_days)
    select day, polo_id, total, on_time, margin_seconds, active_days
    from to_date
    where total <> 0 or on_time <> 0 or margin_seconds <> 0 or active_days <> 0
    order by day, polo_id
    on conflict (day, polo_id) do update set
        total = stored.total + excluded.total,
        on_time = stored.on_time + excluded.on_time,
        margin_seconds = stored.margin_seconds + excluded.margin_seconds,
        active_days = stored.active_days + excluded.active_days;

    return null;
end;
$$;
