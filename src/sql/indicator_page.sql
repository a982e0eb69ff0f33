-- A page of an indicator's rows in order, each with the number of rows in all.
-- limit (null: none), offset; and the parameters of the indicator.
select
    indicator_rows.*,
    count(*) over () as rows_in_all
from (
    {{indicator}}
) as indicator_rows
order by {{order}}
limit %(limit)s
offset %(offset)s
