drop function {{group}}_of;
drop table {{group}}_alias;
