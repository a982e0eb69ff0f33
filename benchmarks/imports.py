"""The path of an import: from the last byte uploaded until the indicators answer, with what it counted checked."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

import psycopg

from benchmarks.client import ENDED, Client, Json
from benchmarks.errors import Inexact, Unusable
from benchmarks.files import CHANGED_PERCENT, NEW_ROWS, Files, Sample
from benchmarks.service import Service

# Each answer takes some of the two cores that the import could have; the error is half of this.
POLL_SECONDS = 0.1
EMPTY = "truncate atendimento, angel, polo, cliente cascade"
ROWS = "read", "inserted", "updated", "unchanged", "superseded", "rejected"


@dataclass(frozen=True, slots=True)
class ImportFigures:
    """One kind of import: median seconds, largest peak of a worker process in MB, and the steps of the median run."""

    name: str
    seconds: float
    peak_mb: float | None
    steps: dict[str, float]


def import_plain(service: Service, files: Files) -> None:
    """Import the file once, for what is measured on top of it."""
    _Bench(service, 1, lambda: None).measure("the whole file", lambda _: files.plain, "inserted")


def measure_imports(
    service: Service, files: Files, repeat: int, between: Callable[[], None] = lambda: None
) -> list[ImportFigures]:
    """Import the file into an empty database, again, with changes, and with new rows on top; `between` before each.

    Many new rows on top come first, so that the plain file is what is stored in the end.
    """
    bench = _Bench(service, repeat, between)
    plain = files.plain
    many = [_measure_many(bench, files, stored) for stored in (files.few(), plain)]
    whole = bench.measure("the whole file, first time", lambda _: plain, "inserted", before=bench.empty)
    again = bench.measure("the same file again", lambda _: plain, "unchanged")
    _check_totals(service.client, plain)
    # To and fro: the plain file after the changed one changes the same rows back.
    changed = files.changed()
    moved = bench.measure(
        f"{CHANGED_PERCENT} % of the rows changed",
        lambda round_: plain if round_ % 2 else changed,
        "updated",
        expected=changed.summary.changed,
    )
    new = bench.measure(f"{NEW_ROWS:,} new rows on top", files.new, "inserted")
    return [whole, again, moved, new, *many]


def _measure_many(bench: _Bench, files: Files, stored: Sample) -> ImportFigures:
    another = files.another()
    name = f"{another.summary.rows:,} new rows on {stored.summary.rows:,}"
    return bench.measure(name, lambda _: another, "inserted", before=lambda: bench.hold(stored))


@dataclass(frozen=True, slots=True)
class _Run:
    seconds: float
    peak_mb: float | None
    steps: dict[str, float]


class _Bench:
    def __init__(self, service: Service, repeat: int, between: Callable[[], None]) -> None:
        self._service, self._client, self._memory = service, service.client, service.memory
        self._repeat, self._between = repeat, between

    def empty(self) -> None:
        with psycopg.connect(self._service.database_url, autocommit=True) as connection:
            connection.execute(EMPTY)

    def hold(self, sample: Sample) -> None:
        """Have the rows of the sample stored, and no others."""
        self.empty()
        self._run(sample)

    def measure(
        self,
        name: str,
        sample_of: Callable[[int], Sample],
        counted_as: str,
        expected: int | None = None,
        before: Callable[[], None] = lambda: None,
    ) -> ImportFigures:
        runs = []
        for round_ in range(self._repeat):
            before()
            sample = sample_of(round_)
            self._between()
            run, ended = self._run(sample)
            if ended["status"] != "completed":
                raise Unusable(f"{name}: {ended['status']}. {ended['error']}\n{self._service.end_of_worker_log()}")
            _check(name, sample, ended, counted_as, sample.summary.good if expected is None else expected)
            runs.append(run)
        middle = sorted(runs, key=lambda run: run.seconds)[len(runs) // 2]
        peaks = [run.peak_mb for run in runs if run.peak_mb is not None]
        seconds = statistics.median(run.seconds for run in runs)
        return ImportFigures(name, seconds, max(peaks, default=None), middle.steps)

    def _run(self, sample: Sample) -> tuple[_Run, Json]:
        """Upload and wait; the clock stops when the indicators have answered after the import ended."""
        self._memory.reset()
        started, last_byte = self._client.upload(sample.path)
        ended = self._wait(started)
        self._client.get_bytes("/indicators/productivity", limit=1000)
        seconds = time.perf_counter() - last_byte
        self._memory.sample()
        return _Run(seconds, self._memory.peak_mb, self._steps(ended)), ended

    def _wait(self, state: Json) -> Json:
        while state["status"] not in ENDED:
            time.sleep(POLL_SECONDS)
            self._memory.sample()
            state = self._client.get(f"/imports/{state['id']}")
        return state

    def _steps(self, ended: Json) -> dict[str, float]:
        """Return the seconds of each step, as the worker noted them."""
        with psycopg.connect(self._service.database_url) as connection:
            row = connection.execute("select timings from import where id = %s", [ended["id"]]).fetchone()
        return {name: float(seconds) for name, seconds in ((row[0] if row else None) or {}).items()}


def _check(name: str, sample: Sample, ended: Json, counted_as: str, expected: int) -> None:
    """Compare the import's counts with the file's answer key."""
    summary, rows = sample.summary, ended["rows"]
    wanted = dict.fromkeys(ROWS, 0) | {"read": summary.rows, "rejected": summary.rejected}
    wanted["unchanged"] = summary.good - expected
    wanted[counted_as] = expected
    if {column: rows[column] for column in ROWS} != wanted:
        raise Inexact(f"{name}: the import counted {rows}; the file holds {wanted}.")


def _check_totals(client: Client, sample: Sample) -> None:
    """Compare each polo's SLA with the file's answer key."""
    rows = client.get("/indicators/sla/polo", limit=1000)["data"]
    found = {row["polo"]: (row["total"], row["on_time"]) for row in rows}
    wanted = {polo: (tally.total, tally.on_time) for polo, tally in sample.summary.by_polo.between().items()}
    if found != wanted:
        raise Inexact("The SLA of the polos is not what the file holds.")
