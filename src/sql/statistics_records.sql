-- How many of each noun there are: one row per table. Exact below 10,000; above, as of the table's last analysis, so
-- that asking costs the same at any size. Deleted atendimentos count.
select
    noun,
    case when estimate < 10000 then counted else estimate end as records
from (
    select
        'atendimento' as noun,
        (select count(*) from (select from atendimento limit 10000) as found) as counted,
        (select reltuples::bigint from pg_class where oid = 'atendimento'::regclass) as estimate
    union all
    select
        'cliente',
        (select count(*) from (select from cliente limit 10000) as found),
        (select reltuples::bigint from pg_class where oid = 'cliente'::regclass)
    union all
    select
        'angel',
        (select count(*) from (select from angel limit 10000) as found),
        (select reltuples::bigint from pg_class where oid = 'angel'::regclass)
    union all
    select
        'polo',
        (select count(*) from (select from polo limit 10000) as found),
        (select reltuples::bigint from pg_class where oid = 'polo'::regclass)
) as counts
