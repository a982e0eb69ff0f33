-- Whether this session may insert into atendimento without its foreign keys and triggers being asked, by acting as a
-- replica, and nobody else's trigger would miss the new records: true or false. One row.
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
