-- Which SLA does each {{group}} keep: on time by attended (domain.md rules 1 and 2), and the mean margin to the deadline.
-- One row per {{group}} that attended anything, with the number of such groups in all.
-- limit (null: no limit), offset; and those of the sums.
select
    {{group}}.nome as {{group}},
    sums.total,
    sums.on_time,
    sums.total - sums.on_time as late,
    sums.on_time / sums.total::float8 as sla,
    sums.margin_seconds / (sums.total * 3600) as avg_margin_hours,
    count(*) over () as groups
from (
    {{sums}}
) as sums
inner join {{group}} on {{group}}.id = sums.{{group}}_id
where sums.total > 0
order by {{order}}
limit %(limit)s
offset %(offset)s
