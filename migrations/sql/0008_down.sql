drop table audit_log;
drop function refuse_to_change_audit_log();
