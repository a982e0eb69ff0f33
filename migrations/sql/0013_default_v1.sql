-- The sequence of before stays for the version before, which draws from it and moves it while it still runs beside this
-- one, and after a downgrade.
alter table atendimento alter column id set default nextval('atendimento_server_id_seq');
