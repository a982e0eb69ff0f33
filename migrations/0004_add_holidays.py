"""Holidays of Brazil and its 27 states from 2015 to 2035, as data."""

import csv
from pathlib import Path

from alembic import op

from migrations.sql import run

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

HOLIDAYS = Path(__file__).parent / "data" / "holidays_v1.csv"


def upgrade() -> None:
    run("0004_holidays_v1.sql")
    connection = op.get_bind().connection.driver_connection
    with (
        HOLIDAYS.open(encoding="utf-8", newline="") as file,
        connection.cursor().copy("copy holiday (calendar, date, name) from stdin") as copy,
    ):
        for row in csv.DictReader(file):
            copy.write_row((row["calendar"], row["date"], row["name"]))


def downgrade() -> None:
    run("0004_down.sql")
