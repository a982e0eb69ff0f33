-- How productive is each angel: attended records by business day of the period (domain.md rule 3).
-- One row per angel that attended anything.
-- {{one}}: which angel, if one is asked for; business_days: of the period; and the parameters of the pieces.
select
    angel.nome as angel,
    sums.total,
    sums.active_days,
    sums.total / nullif(%(business_days)s, 0)::float8 as productivity
from (
    select
        angel_id,
        sum(total) as total,
        sum(active_days) as active_days
    from (
        {{pieces}}
    ) as pieces
    {{one}}
    group by angel_id
) as sums
inner join angel on angel.id = sums.angel_id
where sums.total > 0
