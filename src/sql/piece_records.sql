-- Counts of attended records in a period, from the records themselves: for the angels of one polo and the polos of one
-- angel, which no rollup has. Reads the index of the name given.
-- One row per day and {{group}} with any.
-- start_date, end_date: both included. angel, polo: names, or null for all.
select
    {{group}}_id,
    count(*)::int as total,
    count(*) filter (where data_de_atendimento <= data_limite)::int as on_time,
    sum(date_part('epoch', data_limite - data_de_atendimento)) as margin_seconds,
    1 as active_days
from atendimento
where
    status = 'done'
    and deleted_at is null
    and data_de_atendimento >= %(start_date)s::date
    and data_de_atendimento < %(end_date)s::date + 1
    and (%(angel)s::text is null or angel_id = angel_of(%(angel)s))
    and (%(polo)s::text is null or polo_id = polo_of(%(polo)s))
group by {{group}}_id, data_de_atendimento::date
