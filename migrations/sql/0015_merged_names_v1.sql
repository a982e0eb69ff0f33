-- Which {{group}}s were merged, into which, and how many records moved? One row each.
select id, kept, nome, moved
from {{group}}_composed
where id <> kept
order by id
