-- Which angel or polo is asked for.
-- {{group}}: its name, or a former one.
where {{group}}_id = {{group}}_of(%({{group}})s)
