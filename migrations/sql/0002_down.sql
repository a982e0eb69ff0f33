drop table atendimento, cliente, polo, angel;
drop sequence atendimento_id_seq;
