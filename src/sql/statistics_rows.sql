-- What became of the rows of all imports that were completed, whatever came later, and were no dry runs: one row.
select
    coalesce(sum(rows_inserted), 0)::bigint as inserted,
    coalesce(sum(rows_updated), 0)::bigint as updated,
    coalesce(sum(rows_unchanged), 0)::bigint as unchanged,
    coalesce(sum(rows_superseded), 0)::bigint as superseded,
    coalesce(sum(rows_rejected), 0)::bigint as rejected
from import
where status not in ('queued', 'running', 'failed', 'cancelled') and not dry_run
