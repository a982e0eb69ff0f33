-- Whether this session may insert into atendimento without its foreign keys, triggers and rules being asked, by acting as
-- a replica, and nobody else's would miss the new records: true or false. One row.
select
    has_parameter_privilege('session_replication_role', 'SET')
    and not exists (
        select from pg_trigger
        where
            tgrelid = 'atendimento'::regclass
            and not tgisinternal
            and tgtype & 4 <> 0
            and (tgenabled in ('A', 'R') or (tgenabled = 'O' and tgname not like 'atendimento\_rollup\_%'))
    )
    and not exists (select from pg_rewrite where ev_class = 'atendimento'::regclass)
    and not exists (
        select from pg_constraint
        where
            conrelid = 'atendimento'::regclass
            and contype = 'f'
            and conenforced
            and confrelid not in ('cliente'::regclass, 'angel'::regclass, 'polo'::regclass)
    )
