-- Queued imports whose task may have got lost: sent longer ago than `silent` seconds, or, by a clock that was
-- set back since, in the future. Marked as sent now.
update import set sent_at = now()
where
    id in (
        select id from import
        where status = 'queued' and (sent_at < now() - make_interval(secs => %(silent)s) or sent_at > now())
        order by id
        limit 1000
        for no key update skip locked
    )
returning id
