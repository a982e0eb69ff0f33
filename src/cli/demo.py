"""The demonstration: imports a sample file over HTTP as any client would, and prints the top of the indicators.

Run as `python -m src.cli.demo URL FOLDER ROWS`, with ADMIN_USERNAME and ADMIN_PASSWORD in the environment.
"""

from __future__ import annotations

import http.client
import json
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn
from rich.table import Table

from src.domain.figures import percentage, rounded
from src.domain.imports import phase_of
from src.services.sample_data import write_sample

BASE = "/api/v1"
POLL_SECONDS = 0.3
# How long the API may be away (its worker is started again when it dies) before we give up.
PATIENCE_SECONDS = 60
ENDED = ("completed", "failed", "cancelled")
TOP = 5
SEED = 7012  # not the default of `sample-data`: a sample that is uploaded by hand is not known already
INDICATORS = (
    ("productivity", "productivity", ("angel", "total", "active_days", "productivity")),
    ("sla/angel", "total", ("angel", "total", "on_time", "late", "sla", "avg_margin_hours")),
    ("sla/polo", "total", ("polo", "total", "on_time", "late", "sla", "avg_margin_hours")),
)

Json = dict[str, Any]


class DemoFailed(Exception):
    """The API answered something else than expected; the message says what."""


class Client:
    """Speaks JSON with the API at `url`. Raises DemoFailed for answers of 400 and more, OSError where it is away."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._host, self._port = parts.hostname or "", parts.port
        self._token: str | None = None

    def log_in(self, username: str, password: str) -> None:
        """Keep the token for what follows."""
        body = json.dumps({"username": username, "password": password}).encode()
        self._token = self._call("POST", "/auth/login", body, {"Content-Type": "application/json"})["access_token"]

    def upload(self, file: Path) -> Json:
        """Send the file as it is read from disk, and return the import."""
        headers = {
            "Content-Type": "text/csv",
            "Content-Length": str(file.stat().st_size),
            "X-Filename": file.name,
        }
        with file.open("rb") as body:
            return self._call("POST", "/imports", body, headers)

    def get(self, path: str) -> Json:
        """Return the answer to a GET."""
        return self._call("GET", path)

    def _call(self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> Json:
        connection = http.client.HTTPConnection(self._host, self._port, timeout=60)
        allowed = {"Authorization": f"Bearer {self._token}"} if self._token else {}
        try:
            connection.request(method, BASE + path, body, {**(headers or {}), **allowed})
            answer = connection.getresponse()
            text = answer.read()
        except http.client.HTTPException as error:
            raise ConnectionError(f"{method} {path}: {error!r}") from error
        finally:
            connection.close()
        if answer.status >= 400:
            raise DemoFailed(f"{method} {BASE}{path}: {answer.status} {_detail(text)}")
        found: Json = json.loads(text)
        return found


def main(arguments: list[str]) -> int:
    """Run the demonstration; return the exit code."""
    url, folder, rows = arguments
    console = Console()
    try:
        client = Client(url)
        client.log_in(os.environ["ADMIN_USERNAME"], os.environ["ADMIN_PASSWORD"])
        file = sample_file(Path(folder), int(rows), console)
        ended = show_progress(client, client.upload(file), console)
        if ended["status"] != "completed":
            raise DemoFailed(f"The import has {ended['status']}: {ended.get('error')}")
        console.print(_counts(ended), highlight=False, soft_wrap=True)
        for path, order, columns in INDICATORS:
            answer = client.get(f"/indicators/{path}?sort_field={order}&limit={TOP}")
            console.print(heading(path, answer), style="bold", highlight=False, soft_wrap=True)
            console.print(indicator_table(answer, columns))
    except (DemoFailed, OSError) as error:
        console.print(str(error), style="red", markup=False, highlight=False)
        return 1
    return 0


def sample_file(folder: Path, rows: int, console: Console) -> Path:
    """Return the sample of that many rows; it is written once, and always has the same content."""
    file = folder / f"atendimentos-{rows}.csv"
    if not file.exists():
        console.print(f"Writing a sample of {rows:,} rows to {file} ...", highlight=False, soft_wrap=True)
        folder.mkdir(parents=True, exist_ok=True)
        unfinished = file.with_suffix(".new")
        write_sample(unfinished, rows=rows, clientes_path=None, seed=SEED)
        unfinished.replace(file)
    return file


def show_progress(client: Client, started: Json, console: Console) -> Json:
    """Follow the import until it has ended, as a bar or, where this is no terminal, in lines; return its last state."""
    if started["status"] in ENDED:
        console.print("This file was already imported.")
        return started
    return (_bar if console.is_terminal else _lines)(follow(client, started), console)


def follow(client: Client, state: Json) -> Iterator[Json]:
    """Yield each state of the import; the last one has ended. Raises OSError where the API stays away."""
    path, answered = f"/imports/{state['id']}", time.monotonic()
    while state["status"] not in ENDED:
        yield state
        time.sleep(POLL_SECONDS)
        try:
            state, answered = client.get(path), time.monotonic()
        except OSError:
            if time.monotonic() - answered > PATIENCE_SECONDS:
                raise
    yield state


def _bar(states: Iterator[Json], console: Console) -> Json:
    columns = (TextColumn("Importing"), BarColumn(), TaskProgressColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("", total=1.0)
        for state in states:
            progress.update(task, completed=state["progress"], description=_described(state))
        return state


def _lines(states: Iterator[Json], console: Console) -> Json:
    shown = ""
    for state in states:
        tenth = int(state["progress"] * 10)
        if shown != (shown := f"{phase_of(state['status'], state['progress'])} {tenth}"):
            console.print(f"Importing: {tenth * 10} %, {_described(state)}", highlight=False)
    return state


def _described(state: Json) -> str:
    return f"{phase_of(state['status'], state['progress'])}, {state['rows']['read']:,} rows read"


def _counts(state: Json) -> str:
    rows = state["rows"]
    parts = [f"{rows[name]:,} {name}" for name in ("inserted", "updated", "unchanged", "superseded", "rejected")]
    return f"{rows['read']:,} rows read: {', '.join(parts)}"


def heading(path: str, answer: Json) -> str:
    """Return what an indicator's table is about, with its period."""
    period = answer["period"]
    return (
        f"\n{path}: top {len(answer['data'])} of {answer['count']}, {period['start_date']} to {period['end_date']}, "
        f"{period['business_days']} business days ({period['calendar']}"
        f"{'' if period['calendar_covers'] else ', whose holidays are not known for all of it'})"
    )


def indicator_table(answer: Json, columns: tuple[str, ...]) -> Table:
    """Return the rows of an indicator's answer as a table."""
    table = Table()
    for place, name in enumerate(columns):
        table.add_column(name, justify="right" if place else "left")
    for row in answer["data"]:
        table.add_row(*(_cell(name, row[name]) for name in columns))
    return table


def _cell(name: str, value: Any) -> str:
    if value is None:
        return "-"
    if name == "sla":
        return percentage(value, 2)
    return rounded(value, 2) if isinstance(value, float) else f"{value:,}" if isinstance(value, int) else str(value)


def _detail(text: bytes) -> str:
    try:
        problem = json.loads(text)
        return str(problem.get("detail") or problem.get("title"))
    except (ValueError, AttributeError):
        return text[:200].decode("utf-8", "replace")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
