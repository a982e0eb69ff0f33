-- Of users with one name or e-mail once composed, the one that has it composed keeps it, else the oldest. Another name
-- has its user's id behind it from now on, another e-mail goes; what they were is in the audit log.
create unlogged table user_composed as
select
    id,
    username as former_username,
    email as former_email,
    case
        when deleted_at is not null or row_number() over same_username = 1 then normalize(username, nfc)
        else normalize(username, nfc) || '-' || id
    end as username,
    case when row_number() over same_email = 1 then normalize(email, nfc) end as email
from app_user
window
    same_username as (
        partition by deleted_at is null, lower(normalize(username, nfc)) order by (username is nfc normalized) desc, id
    ),
    same_email as (
        partition by lower(normalize(email, nfc)) order by (email is nfc normalized) desc, id
    );

delete from user_composed where (former_username, former_email) is not distinct from (username, email);

insert into audit_log (action, object_type, object_id, before, after)
select
    'update',
    'user',
    id::text,
    jsonb_build_object('id', id, 'username', former_username, 'email', former_email),
    jsonb_build_object('id', id, 'username', username, 'email', email)
from user_composed
order by id;

-- First those that give something up.
update app_user set
    username = case when user_composed.username like '%-' || app_user.id then user_composed.username else app_user.username end,
    email = case when user_composed.email is null then null else app_user.email end
from user_composed
where app_user.id = user_composed.id;

update app_user set username = user_composed.username, email = user_composed.email
from user_composed
where app_user.id = user_composed.id;
