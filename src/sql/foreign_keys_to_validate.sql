-- The statements that check those foreign keys which a load leaves unchecked (see rebuild_foreign_keys.sql): of
-- atendimento to cliente, angel and polo. Any other key that is not valid is its owner's business. One row each.
select format('alter table %s validate constraint %I', conrelid::regclass, conname)
from pg_constraint
where
    conrelid = 'atendimento'::regclass
    and confrelid in ('cliente'::regclass, 'angel'::regclass, 'polo'::regclass)
    and contype = 'f'
    and conenforced
    and not convalidated
order by conname
