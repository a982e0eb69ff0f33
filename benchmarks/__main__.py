"""`python -m benchmarks` (`make bench`)."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import click
import orjson
from rich.console import Console

from benchmarks.errors import Inexact, Unusable
from benchmarks.files import Files
from benchmarks.floor import Floor
from benchmarks.http import NO_WRK, measure_http, wrk_is_there
from benchmarks.imports import import_plain, measure_imports
from benchmarks.indicators import measure_indicators
from benchmarks.report import Report
from benchmarks.service import running_service

CHALLENGE_ROWS = 1_048_575
PARTS = "floor", "imports", "indicators", "http"
LOG_WIDTH = 120
REPEAT, FLOOR_REPEAT, LATENCY_REPEAT = 3, 3, 31


@click.command()
@click.option("--rows", type=click.IntRange(min=1000), default=CHALLENGE_ROWS, show_default=True)
@click.option("--only", "parts", type=click.Choice(PARTS), multiple=True, help="One part; may be given again.")
@click.option(
    "--repeat",
    type=click.IntRange(min=1),
    default=REPEAT,
    show_default=True,
    help="Runs of each import, rounds of requests.",
)
@click.option("--seconds", type=click.IntRange(min=1), default=3, show_default=True, help="Of each round of requests.")
@click.option(
    "--json", "json_path", type=click.Path(dir_okay=False, path_type=Path), help="Also write the figures here."
)
def main(rows: int, parts: tuple[str, ...], repeat: int, seconds: int, json_path: Path | None) -> None:
    """Measure the floor, the imports, the indicators and requests on a generated file, each answer checked.

    Runs the whole service in a folder of its own, or on DATABASE_URL, whose database must be empty.
    """
    # Without a terminal the width is that of a log, where a table that breaks its cells helps nobody.
    console = Console(width=None if sys.stdout.isatty() else LOG_WIDTH)
    if not parts and not wrk_is_there():
        parts = tuple(part for part in PARTS if part != "http")
        console.print(NO_WRK, markup=False, highlight=False)
    with tempfile.TemporaryDirectory(prefix="benchmark-") as name:
        folder = Path(name)
        folder.chmod(0o711)  # the account that runs Postgres for root must get through
        try:
            report = _measure(folder, rows, parts or PARTS, repeat, seconds, console)
        except (Unusable, Inexact) as error:
            console.print(str(error), style="red", markup=False, highlight=False)
            sys.exit(1)
    report.print(console)
    if json_path:
        json_path.write_bytes(orjson.dumps(report.as_json(), option=orjson.OPT_INDENT_2))


def _measure(folder: Path, rows: int, parts: tuple[str, ...], repeat: int, seconds: int, console: Console) -> Report:
    files, floor = Files(folder, rows), None
    with console.status("Writing the file ..."):
        report = Report.about(files.plain)
    with console.status("Starting the service ...") as status, running_service(folder) as service:
        if "floor" in parts:
            status.update("Measuring the floor ...")
            floor = Floor(service.database_url, files.clean())
            for _ in range(FLOOR_REPEAT):
                floor.take()
        if "imports" in parts:
            status.update("Importing ...")
            report.imports = measure_imports(service, files, repeat, floor.take if floor else lambda: None)
        elif {"indicators", "http"} & set(parts):
            status.update("Importing ...")
            import_plain(service, files)
        if "indicators" in parts:
            status.update("Asking for indicators ...")
            report.indicators = measure_indicators(service, folder, LATENCY_REPEAT)
        if "http" in parts:
            status.update("Sending requests ...")
            report.http = measure_http(service, folder, repeat, seconds)
    report.floor_seconds = floor.seconds if floor else None
    return report


if __name__ == "__main__":
    main()
