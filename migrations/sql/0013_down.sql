alter table atendimento alter column id set default nextval('atendimento_id_seq');
drop sequence atendimento_server_id_seq, cliente_server_id_seq;
