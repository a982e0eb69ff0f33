-- How long completed imports took, from their first start: one row per bucket that has any, counted from 0.
-- Parameter: bounds (seconds, ascending); bucket n holds what took bounds[n] or less, the last one all beyond.
select
    width_bucket(seconds - 0.000001, %(bounds)s::double precision []) as bucket,
    count(*) as imports,
    sum(seconds)::double precision as seconds
from (
    select extract(epoch from finished_at - started_at)::double precision as seconds
    from import
    where status in ('completed', 'undone') and started_at is not null
) as taken
group by bucket
