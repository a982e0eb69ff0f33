-- The statements that drop the foreign keys of atendimento, and those that add them again with their comments, in force
-- for later writes. One row per key. Those to cliente, angel and polo are not checked yet: rebuild.check_foreign_keys has
-- looked, and foreign_keys_to_validate.sql does it for good after the commit.
select
    format('alter table %s drop constraint %I', conrelid::regclass, conname),
    format(
        'alter table %s add constraint %I %s%s',
        conrelid::regclass,
        conname,
        pg_get_constraintdef(oid),
        case
            when convalidated and confrelid in ('cliente'::regclass, 'angel'::regclass, 'polo'::regclass)
                then ' not valid'
        end
    )
    || coalesce(
        format(
            '; comment on constraint %I on %s is %L',
            conname,
            conrelid::regclass,
            obj_description(oid, 'pg_constraint')
        ),
        ''
    )
from pg_constraint
where conrelid = 'atendimento'::regclass and contype = 'f' and conenforced
order by conname
