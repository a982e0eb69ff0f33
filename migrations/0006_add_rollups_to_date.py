"""Counts to date: from 1 January to the middle and the end of each month, kept beside those per day and month."""

from migrations.sql import run

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

# Each event sees its own transition tables, so each has its own function; the body is the same.
SIGNED_ROWS = {
    "insert": ("referencing new table as new_rows", "select *, 1 as sign from new_rows"),
    "delete": ("referencing old table as old_rows", "select *, -1 as sign from old_rows"),
    "update": (
        "referencing old table as old_rows new table as new_rows",
        "select *, 1 as sign from new_rows union all select *, -1 as sign from old_rows",
    ),
}
GROUPS = ("angel", "polo")


def upgrade() -> None:
    run("0006_rollups_to_date_v1.sql")
    for group in GROUPS:
        run("0006_fill_to_date_v1.sql", group=group)
    for event, (_, rows) in SIGNED_ROWS.items():
        run("0006_rollup_trigger_v2.sql", event=event, rows=rows)


def downgrade() -> None:
    run("0006_down.sql")
    for event, (referencing, rows) in SIGNED_ROWS.items():
        run("0003_rollup_trigger_v1.sql", event=event, referencing=referencing, rows=rows)
