-- Removes those {{table}}s of this load that only overwritten rows have named.
-- By an array, and not by a join, for the planner takes the condition on created_at to leave one row of all.
delete from {{table}}
where
    id = any(array(select distinct {{column}} from import_overwritten))
    and created_at = now()
    and not exists (select from atendimento where atendimento.{{column}} = {{table}}.id)
