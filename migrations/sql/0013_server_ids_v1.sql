-- From 9,000,000,000,000,000 to 2^53 - 1, the last that JavaScript can tell apart. Each ends in 1: a spreadsheet keeps
-- 15 digits of a number and writes zeros behind them, and must not make one record's id of another's.
create sequence {{table}}_server_id_seq
    increment 10 minvalue 9000000000000001 maxvalue 9007199254740991 start 9000000000000001;

-- What is stored stays, also in that range: the sequence begins in the widest gap.
with taken as (
    select id from {{table}} where id between 9000000000000000 and 9007199254740991
    union all
    select 8999999999999999
    union all
    select 9007199254740992
),

gaps as (
    select
        id,
        lead(id) over (order by id) - id as width
    from taken
)

select setval('{{table}}_server_id_seq', (id + 9) / 10 * 10 + 1, false)
from gaps
where width is not null
order by width desc, id
limit 1;
