-- Those of the uploads `keys` that an import will read yet, or failed on less than `failed_days` days ago. One row each.
select storage_key
from import
where
    storage_key = any(%(keys)s)
    and (
        status in ('queued', 'running')
        or (status = 'failed' and finished_at > now() - make_interval(days => %(failed_days)s))
    )
