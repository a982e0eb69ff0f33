alter table import drop column created_by_key;
drop table api_key, login_session;
-- Whom the older program does not know to refuse has no password any more; a deleted user's name may be another's.
update app_user
set password_hash = 'none'
where disabled or deleted_at is not null;
update app_user
set username = username || ' (deleted ' || id || ')'
where deleted_at is not null;
drop index uq_app_user_username;
create unique index uq_app_user_username on app_user (lower(username));
alter table app_user
    drop column disabled,
    drop column deleted_at;
