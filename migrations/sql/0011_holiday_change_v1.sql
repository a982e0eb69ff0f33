create temporary table holiday_change (
    is_new boolean not null,
    calendar text not null,
    date date not null,
    name text not null
) on commit drop;
