-- Gives the records of one {{group}} to another; the rollups follow by trigger. One row, the id, for each record.
-- What an import wrote keeps its updated_at, and so can still be undone. Parameters: merged, kept.
update atendimento set {{group}}_id = %(kept)s
where {{group}}_id = %(merged)s
returning id
