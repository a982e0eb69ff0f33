delete from holiday
using holiday_change
where not holiday_change.is_new
    and (holiday.calendar, holiday.date, holiday.name)
        = (holiday_change.calendar, holiday_change.date, holiday_change.name);

insert into holiday (calendar, date, name)
select calendar, date, name
from holiday_change
where is_new
on conflict do nothing;

drop table holiday_change;
