"""`flask import`: the same import as over HTTP, with a progress bar."""

from __future__ import annotations

import shutil
import sys
import threading
import time
from pathlib import Path
from typing import Any

import click
from flask import current_app
from flask.cli import with_appcontext
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from src.cli.refusals import refusals_as_sentences
from src.domain.charsets import KNOWN, codec_of
from src.domain.formats import BY_NAME, CSV, REJECTION_FILES, FileFormat, names_of
from src.domain.imports import COUNTS, KINDS, MODES, phase_of
from src.logs import log_warnings_only
from src.services.imports import ImportOptions, receive_upload, show_import
from src.services.rejections_file import write_rejections
from src.services.storage import Upload

POLL_SECONDS = 0.2


def _codec(_: click.Context, __: click.Parameter, charset: str | None) -> str | None:
    if charset and (codec := codec_of(charset)) is None:
        raise click.BadParameter(f"{charset} is not read here, only {KNOWN}.")
    return codec if charset else None


@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--kind", type=click.Choice(KINDS), default="atendimentos", show_default=True)
@click.option("--mode", type=click.Choice(MODES), default="upsert", show_default=True)
@click.option("--dry-run", is_flag=True, help="Count what would become of the rows, but change nothing.")
@click.option("--force", is_flag=True, help="Import content again that was already imported.")
@click.option(
    "--max-rejected",
    type=click.FloatRange(0, 1),
    help="The share of the rows that may be rejected. Without it, 90 % of at least 100 rows fail the import.",
)
@click.option(
    "--charset", callback=_codec, help="What the file is in, if its content does not tell: cp850, for example."
)
@click.option("--rejections", type=click.Path(dir_okay=False, path_type=Path), help="Where to write refused rows.")
@click.option(
    "--rejections-format",
    type=click.Choice(names_of(REJECTION_FILES)),
    default=CSV.name,
    show_default=True,
    help="csv-br is for spreadsheets in Portuguese.",
)
@with_appcontext
@refusals_as_sentences
def import_command(file: Path, rejections: Path | None, rejections_format: str, **options: Any) -> None:
    """Import a CSV FILE (plain or gzip). Refused rows go to FILE.rejections.csv; exit code 1 if the import fails."""
    if sys.stderr.isatty():
        log_warnings_only()
    row, is_new = receive_upload(lambda upload: _send(file, upload), ImportOptions(**options), None, queue=False)
    if not is_new:
        click.echo(f"This content was imported before, as import {row.id} (--force imports it again).")
    row = _watch(row.id)
    _print_summary(row)
    if row.status != "completed":
        raise click.ClickException(f"Import {row.id} has {row.status}. {row.error or ''}".strip())
    if row.rows_rejected:
        format = BY_NAME[rejections_format]
        _keep_rejections(row, rejections or file.with_name(f"{file.name}.rejections.{format.extension}"), format)


def _keep_rejections(row: Any, target: Path, format: FileFormat) -> None:
    count = f"{row.rows_rejected:,} {'row was' if row.rows_rejected == 1 else 'rows were'} refused"
    try:
        write_rejections(row, target, format)
    except OSError as error:
        raise click.ClickException(
            f"{count}, and can't be written to {target}: {error.strerror}. The import is done; the same command with "
            "another --rejections writes them there."
        ) from None
    click.echo(f"{count}, to {target}, with the reasons.")


def _send(file: Path, upload: Upload) -> str:
    with file.open("rb") as source:
        shutil.copyfileobj(source, upload, 1024 * 1024)
    return file.name


def _watch(import_id: int) -> Any:
    """Run the import here, unless a worker has it, and show its progress until it has ended."""
    # Only this command and the worker need numpy; every other process is a fifth smaller without.
    from src.services.run_import import run_import

    app = current_app._get_current_object()  # type: ignore[attr-defined]

    def run() -> None:
        with app.app_context():
            # An attempt that was interrupted leaves it queued, and there may be no worker to take it up again.
            while show_import(import_id).status == "queued":
                run_import(import_id)

    runner = threading.Thread(target=run, name="import", daemon=True)
    runner.start()
    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(f"Import {import_id}", total=1.0)
        while (row := show_import(import_id)).status in ("queued", "running"):
            phase = phase_of(row.status, row.progress)
            bar.update(task, completed=row.progress, description=f"Import {import_id}: {phase}")
            time.sleep(POLL_SECONDS)
    runner.join()
    return row


def _print_summary(row: Any) -> None:
    table = Table(title=f"Import {row.id}: {row.status}{' (dry run)' if row.dry_run else ''}")
    for name in COUNTS:
        table.add_column(name, justify="right")
    table.add_row(*(f"{getattr(row, f'rows_{name}'):,}" for name in COUNTS))
    Console().print(table)
