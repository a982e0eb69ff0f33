"""Rollups per day and month, the triggers that keep them, and the views over them."""

from migrations.sql import run

revision = "0003"
down_revision = "0002"
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


def upgrade() -> None:
    run("0003_rollups_v1.sql")
    for event, (referencing, rows) in SIGNED_ROWS.items():
        run("0003_rollup_trigger_v1.sql", event=event, referencing=referencing, rows=rows)
    for group in ("angel", "polo"):
        run("0003_rollups_fill_v1.sql", group=group)
    run("0003_views_v1.sql")


def downgrade() -> None:
    run("0003_down.sql")
