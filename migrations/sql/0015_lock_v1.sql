-- Writers and imports wait at the merge gate, as for an import, so that none of them waits for a table that it half holds.
select pg_advisory_xact_lock(7012, 1);
lock table atendimento in share row exclusive mode;
lock table cliente, angel, polo, app_user in share row exclusive mode;
