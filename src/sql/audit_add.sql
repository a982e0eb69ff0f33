-- Adds rows to the audit log in one statement: one for each object changed, all of one actor, request and action.
-- objects, ids, befores, afters: an array each, of types, ids, and JSON texts or nulls.
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
    changed.before::jsonb,
    changed.after::jsonb,
    %(request_id)s::text,
    %(address)s::text
from unnest(%(objects)s::text[], %(ids)s::text[], %(befores)s::text[], %(afters)s::text[])
    with ordinality as changed (object_type, object_id, before, after, number)
order by changed.number
