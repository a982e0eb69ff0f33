"""A worker that is told to stop, as a deploy does: what it runs is handed to another one, and done exactly once."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
import redis
from flask import Flask

from src.config import Settings
from src.database import database_url
from src.queue import configure_queue
from src.repositories.staging import MERGE_GATE
from src.services.imports import announce
from tests.e2e.running import Running, wait_for
from tests.integration.imports.conftest import HEADER, Imports
from tests.unmeasured import UNMEASURED

pytestmark = pytest.mark.e2e
WORKER = ("-m", "celery", "-A", "src.app.celery", "worker", "--loglevel", "INFO", "--concurrency", "1")
ROWS = 20_000


def file_of(rows: int) -> str:
    """Return a file of atendimentos with the ids 1 to `rows`."""
    line = "{n};{c};Angel {a};SP - {p};30/06/2021;{d:02}/06/2021 10:00\n"
    return HEADER + "".join(line.format(n=n, c=n % 50 + 1, a=n % 7, p=n % 3, d=n % 28 + 1) for n in range(1, rows + 1))


@pytest.fixture
def imports(app: Flask, settings: Settings) -> Iterator[Imports]:
    """Imports into empty tables, with an empty queue."""
    configure_queue(app, settings)
    assert settings.redis_url
    redis.Redis.from_url(settings.redis_url).flushdb()
    with psycopg.connect(database_url(settings), autocommit=True) as connection:
        connection.execute("truncate import, atendimento, import_rejection cascade")
        connection.execute("truncate cliente, angel, polo cascade")
        yield Imports(app, connection)


@pytest.fixture
def worker(environment: dict[str, str], tmp_path: Path) -> Iterator[Callable[[str], Running]]:
    """Start a worker of that name and wait until it takes tasks; whatever still runs at the end is stopped."""
    started: list[Running] = []

    def start(name: str) -> Running:
        env = {**environment, **UNMEASURED, "REMAP_SIGTERM": "SIGQUIT"}
        running = Running(tmp_path / name, *WORKER, "--hostname", f"{name}@test", env=env)
        started.append(running)
        running.says(f"{name}@test ready")
        return running

    yield start
    for running in started:
        running.__exit__()


def send(imports: Imports, data: str) -> int:
    import_id = imports.queue(data)
    with imports.app.app_context():
        announce(import_id)
    return import_id


def test_a_worker_told_to_stop_hands_its_import_to_another(
    imports: Imports, settings: Settings, worker: Callable[[str], Running]
) -> None:
    imports.run(HEADER + "9999999;10;Ana;BA - X;30/06/2021;29/06/2021 12:57:19\n")  # so that the next one is merged
    first = worker("first")
    with psycopg.connect(database_url(settings)) as gate:
        gate.execute("select pg_advisory_xact_lock(%s, %s)", MERGE_GATE)
        import_id = send(imports, file_of(ROWS))
        wait_for(lambda: imports.row(import_id)["rows_read"] == ROWS)
        token = imports.row(import_id)["lease_token"]
        worker("second")
        first.send(signal.SIGTERM)
        # Handed over: if its lease had run out instead, the attempt would count.
        wait_for(lambda: imports.row(import_id)["lease_token"] not in (None, token))
        first.wait()
    wait_for(lambda: imports.row(import_id)["status"] == "completed")
    row = imports.row(import_id)
    assert (row["attempts"], row["rows_read"], row["rows_inserted"]) == (1, ROWS, ROWS)
    assert "import_handed_back" in first.output()
    assert imports.connection.execute("select count(*), count(distinct id) from atendimento").fetchone() == (
        ROWS + 1,
        ROWS + 1,
    )


def test_a_worker_told_to_stop_while_it_reads_leaves_nothing_of_the_file(
    imports: Imports, worker: Callable[[str], Running]
) -> None:
    """Two deploys in a row, neither of which counts as an attempt."""
    import_id = send(imports, file_of(ROWS * 20))
    for name in ("first", "second"):
        running = worker(name)
        wait_for(lambda: imports.row(import_id)["rows_read"] > 0)
        assert running.stop(signal.SIGTERM) == 0
        row = imports.row(import_id)
        assert (row["status"], row["attempts"], row["rows_read"]) == ("queued", 0, 0)
        assert imports.connection.execute("select count(*) from atendimento").fetchone() == (0,)
    worker("third")
    wait_for(lambda: imports.row(import_id)["status"] == "completed")
    assert imports.row(import_id)["attempts"] == 1
    assert imports.connection.execute("select count(*) from atendimento").fetchone() == (ROWS * 20,)
