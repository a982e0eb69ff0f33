-- The days in a period that any of the calendars has off: one row per calendar and day.
-- calendars: their names; start_date, end_date: both included.
select date
from holiday
where calendar = any(%(calendars)s) and date between %(start_date)s and %(end_date)s
