-- Staged rows whose file says no status get the one that their visit makes them.
update import_staging
set status = case when data_de_atendimento is null then 'pending' else 'done' end
where status is null
