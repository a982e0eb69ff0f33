-- How many records are there, whatever their status, less the deleted: one row.
-- The attended are counted by the rollup and the others by ix_atendimento_open, so that a million rows are not read.
select (
    (select coalesce(sum(total), 0) from polo_month)
    + (select count(*) from atendimento where status <> 'done' and deleted_at is null)
)::bigint as total
