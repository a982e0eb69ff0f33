-- To the older program imports of one content are the same, unless they were forced.
update import set force = true
where max_rejected is not null or charset is not null;

drop index uq_import_content;
create unique index uq_import_content on import (sha256, kind, mode, dry_run)
where status in ('queued', 'running', 'completed') and not force;

alter table import drop column max_rejected, drop column charset;
