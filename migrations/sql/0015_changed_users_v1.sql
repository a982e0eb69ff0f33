-- Which users have a new name or no e-mail any more because another user has the same? One row for each.
select id, 'username'
from user_composed
where username <> normalize(former_username, nfc)
union all
select id, 'e-mail'
from user_composed
where former_email is not null and email is null
order by 1, 2
