-- Adds the change of one day of one {{group}} to its rollups, in the order of locks that the statements for sets have.
-- marks: those of the year that are not before the day. From the first visit of the year on all of them have a row: where
-- the first is there, an update finds them all, in half the time of an insert that meets each.
-- The settings leave only indexes to read by: so the update too locks its rows in the order of the days.
create function count_one_{{group}}(
    given_day date,
    given_id integer,
    more integer,
    more_on_time integer,
    more_margin_seconds bigint,
    marks date[]
) returns void language plpgsql set enable_seqscan = off set enable_bitmapscan = off as $$
declare
    more_active_days integer;
begin
    insert into {{group}}_day as stored (day, {{group}}_id, total, on_time, margin_seconds)
    values (given_day, given_id, more, more_on_time, more_margin_seconds)
    on conflict (day, {{group}}_id) do update set
        total = stored.total + excluded.total,
        on_time = stored.on_time + excluded.on_time,
        margin_seconds = stored.margin_seconds + excluded.margin_seconds
    returning with (old as before, new as after)
        (after.total > 0)::int - (coalesce(before.total, 0) > 0)::int
    into more_active_days;

    insert into {{group}}_month as stored (month, {{group}}_id, total, on_time, margin_seconds, active_days)
    values (
        date_trunc('month', given_day::timestamp)::date,
        given_id,
        more,
        more_on_time,
        more_margin_seconds,
        more_active_days
    )
    on conflict (month, {{group}}_id) do update set
        total = stored.total + excluded.total,
        on_time = stored.on_time + excluded.on_time,
        margin_seconds = stored.margin_seconds + excluded.margin_seconds,
        active_days = stored.active_days + excluded.active_days;

    if exists (select from {{group}}_to_date where day = marks[1] and {{group}}_id = given_id) then
        update {{group}}_to_date set
            total = total + more,
            on_time = on_time + more_on_time,
            margin_seconds = margin_seconds + more_margin_seconds,
            active_days = active_days + more_active_days
        where day = any(marks) and {{group}}_id = given_id;
    else
        insert into {{group}}_to_date as stored (day, {{group}}_id, total, on_time, margin_seconds, active_days)
        select mark, given_id, more, more_on_time, more_margin_seconds, more_active_days
        from unnest(marks) as mark
        order by mark
        on conflict (day, {{group}}_id) do update set
            total = stored.total + excluded.total,
            on_time = stored.on_time + excluded.on_time,
            margin_seconds = stored.margin_seconds + excluded.margin_seconds,
            active_days = stored.active_days + excluded.active_days;
    end if;
end;
$$;
