-- Whether a new record names a cliente, an angel or a polo that is not stored: true or false. One row.
select
    exists (select from import_new where not exists (select from cliente where cliente.id = import_new.id_cliente))
    or exists (select from import_new where not exists (select from angel where angel.id = import_new.angel_id))
    or exists (select from import_new where not exists (select from polo where polo.id = import_new.polo_id))
