-- What a first load has counted beyond what memory shall hold. A day and key may come several times.
create unlogged table import_cliente (id bigint not null);

create unlogged table import_angel_day (
    day date not null,
    key integer not null,
    total integer not null,
    on_time integer not null,
    margin_seconds bigint not null
);

create unlogged table import_polo_day (like import_angel_day);
