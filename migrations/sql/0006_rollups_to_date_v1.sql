-- Writers wait until the new tables are filled and kept; readers don't.
lock table atendimento in share row exclusive mode;

-- The mark of a day: the 15th or the last of its month, whichever comes first.
create function mark_of(day date) returns date language sql immutable parallel safe
return case
    when date_part('day', day) <= 15 then date_trunc('month', day::timestamp)::date + 14
    else (date_trunc('month', day::timestamp) + interval '1 month')::date - 1
end;

-- The 24 marks of the year that begins on the day.
create function marks_of_year(year date) returns setof date language sql immutable parallel safe rows 24
begin atomic
    select mark_of((year + make_interval(months => half / 2))::date + half % 2 * 15)
    from generate_series(0, 23) as half;
end;

-- No foreign keys, as in the other rollups.
create table angel_to_date (
    day date not null,
    angel_id integer not null,
    total integer not null,
    on_time integer not null,
    margin_seconds bigint not null,
    active_days integer not null,
    constraint pk_angel_to_date primary key (day, angel_id)
) with (fillfactor = 80);

create table polo_to_date (
    day date not null,
    polo_id integer not null,
    total integer not null,
    on_time integer not null,
    margin_seconds bigint not null,
    active_days integer not null,
    constraint pk_polo_to_date primary key (day, polo_id)
) with (fillfactor = 80);

create or replace function atendimento_rollup_truncate() returns trigger language plpgsql as $$
begin
    truncate angel_day, angel_month, angel_to_date, polo_day, polo_month, polo_to_date;
    return null;
end;
$$;
