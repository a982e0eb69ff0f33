drop table angel_composed, polo_composed, cliente_composed, user_composed;
