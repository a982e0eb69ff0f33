"""`flask verify`: are the rollups what the records say, and can the records' dates be true?"""

from __future__ import annotations

import click
from flask.cli import with_appcontext
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from src.cli.refusals import refusals_as_sentences
from src.services.verify import Drift, ImplausibleRecords, find_implausible_records, verify_rollups


@click.command("verify")
@with_appcontext
@refusals_as_sentences
def verify_command() -> None:
    """Recompute the rollups from the records and compare; exit code 1 if they differ. List dates that can't be true."""
    implausible = find_implausible_records()
    if implausible.count:
        Console().print(_implausible_table(implausible))
        click.echo(f"{implausible.count} records have a date that would be rejected today. They stay; correct them.")
    drift = verify_rollups()
    if drift.count:
        Console().print(_table(drift))
        click.echo(f"{drift.count} rows of the rollups differ from the records.", err=True)
        raise SystemExit(1)
    click.echo("The rollups agree with the records.")


def _implausible_table(implausible: ImplausibleRecords) -> Table:
    title = f"The first {len(implausible.shown)} of {implausible.count} records with a date that can't be true"
    table = Table(title=title)
    for column in ("id", "data_limite", "data_de_atendimento"):
        table.add_column(column, overflow="fold")
    for record in implausible.shown:
        visit = record.data_de_atendimento
        table.add_row(str(record.id), str(record.data_limite), str(visit) if visit else "-")
    return table


def _table(drift: Drift) -> Table:
    table = Table(title=f"The first {len(drift.shown)} of {drift.count} differences")
    for column in ("table", "day or month", "name", "stored", "recomputed"):
        table.add_column(column, overflow="fold")
    for found in drift.shown:
        cells = (found.rollup, found.start_date, found.name, found.stored, found.recomputed)
        table.add_row(*(escape(str(cell)) if cell is not None else "none" for cell in cells))
    return table
