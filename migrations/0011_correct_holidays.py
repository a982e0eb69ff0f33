"""Holidays as the states' laws have them, and national ones from 2000 to 2050."""

import csv
from pathlib import Path

from alembic import op

from migrations.sql import run

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

DATA = Path(__file__).parent / "data"
Rows = set[tuple[str, str, str]]


def upgrade() -> None:
    _change(_rows("holidays_v1.csv"), _rows("holidays_v2.csv"))


def downgrade() -> None:
    _change(_rows("holidays_v2.csv"), _rows("holidays_v1.csv"))


def _rows(name: str) -> Rows:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return {(row["calendar"], row["date"], row["name"]) for row in csv.DictReader(file)}


def _change(old: Rows, new: Rows) -> None:
    """Replace the rows of `old` by those of `new`. Only these change: what an owner has edited survives."""
    run("0011_holiday_change_v1.sql")
    connection = op.get_bind().connection.driver_connection
    with connection.cursor().copy("copy holiday_change (is_new, calendar, date, name) from stdin") as copy:
        for is_new, rows in ((False, old - new), (True, new - old)):
            for row in sorted(rows):
                copy.write_row((is_new, *row))
    run("0011_holidays_v2.sql")
