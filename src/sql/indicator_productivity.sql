-- How productive is each angel: attended records by business day of the period (domain.md rule 3).
-- One row per angel that attended anything, with the number of such angels in all.
-- business_days: of the period; limit (null: no limit), offset; and those of the sums.
select
    angel.nome as angel,
    sums.total,
    sums.active_days,
    sums.total / nullif(%(business_days)s, 0)::float8 as productivity,
    count(*) over () as groups
from (
    {{sums}}
) as sums
inner join angel on angel.id = sums.angel_id
where sums.total > 0
order by {{order}}
limit %(limit)s
offset %(offset)s
