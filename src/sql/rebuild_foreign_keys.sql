-- The statements that drop the foreign keys of atendimento, and those that add them again, in force for later writes and
-- not yet checked. One row per key.
select
    format('alter table %s drop constraint %I', conrelid::regclass, conname),
    format(
        'alter table %s add constraint %I %s%s',
        conrelid::regclass,
        conname,
        pg_get_constraintdef(oid),
        case when convalidated then ' not valid' end
    )
from pg_constraint
where conrelid = 'atendimento'::regclass and contype = 'f' and conenforced
order by conname
