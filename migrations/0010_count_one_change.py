"""A shorter way into the rollups for statements that change one record."""

from migrations.sql import filled, run

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

# One of the transition tables of each event, and the rows that count, each with its sign.
CHANGES = {
    "insert": ("new_rows", "select *, 1 as sign from new_rows"),
    "delete": ("old_rows", "select *, -1 as sign from old_rows"),
    "update": ("new_rows", "select *, 1 as sign from new_rows union all select *, -1 as sign from old_rows"),
}
GROUPS = ("angel", "polo")


def upgrade() -> None:
    for group in GROUPS:
        run("0010_count_one_v1.sql", group=group)
    sets = {f"{group}_sets": filled("0010_rollup_sets_v1.sql", group=group).rstrip() for group in GROUPS}
    for event, (changed_rows, rows) in CHANGES.items():
        run("0010_rollup_trigger_v3.sql", **sets, event=event, changed_rows=changed_rows, rows=rows)


def downgrade() -> None:
    for event, (_, rows) in CHANGES.items():
        run("0006_rollup_trigger_v2.sql", event=event, rows=rows)
    run("0010_down.sql")
