-- The statements that check the foreign keys which are in force but not yet checked. One row each.
select format('alter table %s validate constraint %I', conrelid::regclass, conname)
from pg_constraint
where contype = 'f' and not convalidated
order by 1
