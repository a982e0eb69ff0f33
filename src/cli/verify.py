"""`flask verify`: are the rollups what the records say?"""

from __future__ import annotations

import click
from flask.cli import with_appcontext
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from src.cli.refusals import refusals_as_sentences
from src.services.verify import Drift, verify_rollups


@click.command("verify")
@with_appcontext
@refusals_as_sentences
def verify_command() -> None:
    """Recompute the rollups from the records and compare; exit code 1 where they differ."""
    drift = verify_rollups()
    if drift.count:
        Console().print(_table(drift))
        click.echo(f"{drift.count} rows of the rollups differ from the records.", err=True)
        raise SystemExit(1)
    click.echo("The rollups agree with the records.")


def _table(drift: Drift) -> Table:
    table = Table(title=f"The first {len(drift.shown)} of {drift.count} differences")
    for column in ("table", "day or month", "name", "stored", "recomputed"):
        table.add_column(column, overflow="fold")
    for found in drift.shown:
        cells = (found.rollup, found.start_date, found.name, found.stored, found.recomputed)
        table.add_row(*(escape(str(cell)) if cell is not None else "none" for cell in cells))
    return table
