-- Null: nearly all rows rejected fail the file; no charset was named, so the content decides.
alter table import
    add column max_rejected double precision,
    add column charset text,
    add constraint ck_import_max_rejected check (max_rejected between 0 and 1);

-- One content with other options is another import.
drop index uq_import_content;
create unique index uq_import_content on import (
    sha256, kind, mode, dry_run, coalesce(max_rejected, -1), coalesce(charset, '')
) where status in ('queued', 'running', 'completed') and not force;
