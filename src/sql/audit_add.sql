-- Adds rows to the audit log in one statement: one for each object changed, all of one actor, request and action.
-- changes: a JSON list of them, one text to write where columns would be four arrays.
insert into audit_log (
    user_id, api_key_id, actor, action, object_type, object_id, before, after, request_id, address
)
select
    %(user_id)s::bigint,
    %(api_key_id)s::bigint,
    %(actor)s::text,
    %(action)s::text,
    changed.object_type,
    changed.object_id,
    changed.before,
    changed.after,
    %(request_id)s::text,
    %(address)s::text
from rows from (
    jsonb_to_recordset(%(changes)s::jsonb) as (object_type text, object_id text, before jsonb, after jsonb)
) with ordinality as changed (object_type, object_id, before, after, number)
order by changed.number
