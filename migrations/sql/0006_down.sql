drop trigger atendimento_rollup_insert on atendimento;
drop trigger atendimento_rollup_update on atendimento;
drop trigger atendimento_rollup_delete on atendimento;
drop function atendimento_rollup_insert;
drop function atendimento_rollup_update;
drop function atendimento_rollup_delete;

create or replace function atendimento_rollup_truncate() returns trigger language plpgsql as $$
begin
    truncate angel_day, angel_month, polo_day, polo_month;
    return null;
end;
$$;

drop table polo_to_date, angel_to_date;
drop function marks_of_year;
drop function mark_of;
