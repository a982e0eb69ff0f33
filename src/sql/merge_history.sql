-- Records that an undo brings back come back to the {{group}} that the other was merged into. Parameters: merged, kept.
update import_history set {{group}}_id = %(kept)s
where {{group}}_id = %(merged)s
