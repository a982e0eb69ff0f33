-- Every row of an indicator, in order.
{{indicator}}
order by {{order}}
