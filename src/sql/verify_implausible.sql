-- Which stored records have a date that can't be true (domain.md rule 10)? They are from before the rule and stay.
-- One row per record, with the number of such records in all. first, last_visit, last_deadline: the bounds, included.
-- at_most: rows returned.
select
    id,
    data_limite,
    data_de_atendimento,
    count(*) over () as records
from atendimento
where
    deleted_at is null
    and (
        data_limite not between %(first)s and %(last_deadline)s
        or data_de_atendimento not between %(first)s and %(last_visit)s
    )
order by id
limit %(at_most)s
