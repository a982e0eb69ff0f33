-- The statements that disable the triggers of atendimento which count new records in the rollups, and those that enable
-- them again. One row per trigger.
select
    format('alter table %s disable trigger %I', tgrelid::regclass, tgname),
    format(
        'alter table %s enable %s trigger %I',
        tgrelid::regclass,
        case tgenabled when 'A' then 'always' when 'R' then 'replica' end,
        tgname
    )
from pg_trigger
where
    tgrelid = 'atendimento'::regclass
    and tgname like 'atendimento\_rollup\_%'
    and tgnewtable is not null
    and tgoldtable is null
    and tgenabled <> 'D'
order by tgname
