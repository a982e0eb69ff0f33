-- No foreign keys here: every row is made by the triggers from records that have them, and a check per row would cost a
-- load more than the counting.
create table angel_day (
    day date not null,
    angel_id integer not null,
    total integer not null,
    on_time integer not null,
    margin_seconds bigint not null,
    constraint pk_angel_day primary key (day, angel_id)
) with (fillfactor = 80);

create table angel_month (
    month date not null,
    angel_id integer not null,
    total integer not null,
    on_time integer not null,
    margin_seconds bigint not null,
    active_days integer not null,
    constraint pk_angel_month primary key (month, angel_id)
) with (fillfactor = 80);

create table polo_day (
    day date not null,
    polo_id integer not null,
    total integer not null,
    on_time integer not null,
    margin_seconds bigint not null,
    constraint pk_polo_day primary key (day, polo_id)
) with (fillfactor = 80);

create table polo_month (
    month date not null,
    polo_id integer not null,
    total integer not null,
    on_time integer not null,
    margin_seconds bigint not null,
    active_days integer not null,
    constraint pk_polo_month primary key (month, polo_id)
) with (fillfactor = 80);

-- A truncate has no transition table; what it leaves is nothing, and so must the rollups be.
create function atendimento_rollup_truncate() returns trigger language plpgsql as $$
begin
    truncate angel_day, angel_month, polo_day, polo_month;
    return null;
end;
$$;

create trigger atendimento_rollup_truncate after truncate on atendimento
for each statement execute function atendimento_rollup_truncate();
