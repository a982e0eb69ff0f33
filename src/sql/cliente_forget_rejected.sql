-- Deletes the rejected rows of an import of clientes from the staging table. Parameter: import_id.
delete from import_staging_cliente
using import_rejection
where
    import_rejection.import_id = %(import_id)s
    and import_rejection.line = import_staging_cliente.line
