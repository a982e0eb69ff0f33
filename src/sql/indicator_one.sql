-- Which angel or polo is asked for.
-- {{group}}: its name.
where {{group}}_id = (select id from {{group}} where nome = %({{group}})s)
