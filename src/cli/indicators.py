"""`flask indicators`: the answers of the API on a terminal."""

from __future__ import annotations

import sys
from contextlib import suppress
from datetime import UTC, date, time
from typing import Any

import click
import orjson
from flask.cli import AppGroup
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from src.cli.refusals import refusals_as_sentences
from src.domain.calendars import CALENDARS, DEFAULT_CALENDAR
from src.domain.dates import NotADate, parse_moment
from src.domain.figures import rounded
from src.domain.formats import BY_NAME, INDICATOR_FILES, JSON, names_of
from src.domain.indicators import PRODUCTIVITY, SLA_ANGEL, SLA_POLO, Indicator
from src.domain.rows import normalise_nome
from src.services.indicator_files import indicator_file
from src.services.indicators import Answer, Question, answer_indicator

FORMATS = ["table", JSON, *names_of(INDICATOR_FILES)]
TABLE_ROWS = 100
MAX_ROWS = 2**31 - 1
PIPED_WIDTH = 160  # characters; a pipe has no width of its own

indicators_cli = AppGroup("indicators", help="Ask for an indicator.")


class Day(click.ParamType[date]):
    """A day as the files write it (30/06/2021) or as the API does (2021-06-30); the day comes before the month."""

    name = "day"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """Return the day. Fails for what is no date, or has a time."""
        if isinstance(value, date):
            return value
        with suppress(NotADate):
            if ":" not in value:
                return parse_moment(value, UTC, time.min).date()
        self.fail(f"{value[:40]!r} is no day: write it as 2021-06-30 or 30/06/2021.", param, ctx)


def _is_text(_context: click.Context, _parameter: click.Parameter, value: str | None) -> str | None:
    if value is None:
        return None
    nome = normalise_nome(value)
    if not nome or not nome.isprintable():
        raise click.BadParameter("give a name in printable characters.")
    return nome


OPTIONS = (
    click.option("--start-date", type=Day(), help="First day of the visits, as 2021-06-01 or 01/06/2021."),
    click.option("--end-date", type=Day(), help="Last day, included."),
    click.option(
        "--calendar",
        type=click.Choice(list(CALENDARS)),
        default=DEFAULT_CALENDAR,
        show_default=True,
        metavar="CALENDAR",
        help="BR, weekdays or BR-UF: whose holidays are not business days.",
    ),
    click.option("--angel", callback=_is_text, help="Only this angel; for polos, only its visits."),
    click.option("--polo", callback=_is_text, help="Only this polo; for angels, only their visits there."),
    click.option(
        "--limit",
        type=click.IntRange(1, MAX_ROWS),
        metavar="N",
        help=f"At most N rows (default: {TABLE_ROWS} in a table, else all).",
    ),
    click.option("--sort-field", default="total", show_default=True, help="A column of the answer."),
    click.option("--desc/--asc", default=True, help="From the highest (default), or from the lowest."),
    click.option("--format", type=click.Choice(FORMATS), default="table", show_default=True),
)


def _add_command(name: str, indicator: Indicator, help: str) -> None:
    """Add the command that asks for `indicator`."""

    @refusals_as_sentences
    def ask(format: str, **asked: Any) -> None:
        if format == "table" and asked["limit"] is None:
            asked["limit"] = TABLE_ROWS
        _show(indicator, answer_indicator(indicator, Question(**asked)), format)

    for option in reversed(OPTIONS):
        ask = option(ask)
    indicators_cli.command(name, help=help)(ask)


_add_command("productivity", PRODUCTIVITY, "Visits of each angel per business day.")
_add_command("sla-angel", SLA_ANGEL, "Each angel's visits on time, as a share of its visits.")
_add_command("sla-polo", SLA_POLO, "Each polo's visits on time, as a share of its visits.")


def _show(indicator: Indicator, answer: Answer, format: str) -> None:
    if format == "json":
        click.echo(orjson.dumps(answer.document(), option=orjson.OPT_INDENT_2))
    elif format in BY_NAME:
        click.echo(indicator_file(indicator, answer, BY_NAME[format]), nl=False)
    else:
        click.echo(_headline(answer))
        Console(width=None if sys.stdout.isatty() else PIPED_WIDTH).print(_table(indicator, answer))


def _headline(answer: Answer) -> str:
    if answer.period is None:
        return "There is no data."
    period = answer.period
    days = f"{answer.business_days} business days of calendar {answer.calendar}"
    return f"{period.start_date} to {period.end_date}, {days}: {len(answer.data)} of {answer.count} rows{_gap(answer)}"


def _gap(answer: Answer) -> str:
    """Return the warning that the calendar does not know the holidays of the whole period, if it does not."""
    if (known := answer.coverage).covers(answer.period):
        return ""
    return (
        f"\nThe calendar {answer.calendar} knows the holidays from {known.start_date} to {known.end_date} only: "
        "before and after, all weekdays count as business days."
    )


def _table(indicator: Indicator, answer: Answer) -> Table:
    table = Table()
    for field in indicator.fields:
        table.add_column(field, justify="left" if field == indicator.group else "right")
    for row in answer.data:
        table.add_row(*map(_cell, row))
    return table


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    return rounded(value, 4) if isinstance(value, float) else escape(str(value))
