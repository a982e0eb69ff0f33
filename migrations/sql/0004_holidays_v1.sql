create table holiday (
    calendar text not null,
    date date not null,
    name text not null,
    constraint pk_holiday primary key (calendar, date)
);
