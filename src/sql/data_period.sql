-- The first and the last day on which anything was attended, and the same of the days from earliest to today: one row,
-- nulls where nothing was. Placeholders from before and visits of tomorrow are in the first two alone.
-- Four reads of one entry of the index each, while an aggregate with a filter would read the whole table.
select
    (select min(day) from polo_day where total > 0) as first_day,
    (select max(day) from polo_day where total > 0) as last_day,
    (select min(day) from polo_day where total > 0 and day between %(earliest)s and %(today)s) as start_date,
    (select max(day) from polo_day where total > 0 and day between %(earliest)s and %(today)s) as end_date
