"""The service under test: `flask up` as a child, with its own data folder, real web server, worker and queue."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg

from benchmarks.client import Client, UnexpectedAnswer
from benchmarks.errors import Unusable
from benchmarks.memory import WorkerMemory

ROOT = Path(__file__).resolve().parents[1]
START_SECONDS, STOP_SECONDS = 180, 60
LOG_TAIL = 4000


@dataclass(frozen=True, slots=True)
class Service:
    """A running service: a client that is logged in, its database, its worker's memory and log."""

    client: Client
    database_url: str
    memory: WorkerMemory
    worker_log: Path

    def end_of_worker_log(self) -> str:
        """Return what the worker said last, for a message."""
        return self.worker_log.read_text(encoding="utf-8", errors="replace")[-LOG_TAIL:]


@contextlib.contextmanager
def running_service(folder: Path) -> Iterator[Service]:
    """Run the service for as long as the block runs, on DATABASE_URL if that is set, else on servers of its own.

    Raises Unusable where it does not start, or where the database holds records: the benchmark would drown them.
    """
    username, password, port = "benchmark", secrets.token_hex(12), _free_port()
    data_dir = folder / "data"
    env = {
        "JWT_SECRET_KEY": secrets.token_hex(32),
        **os.environ,
        "ADMIN_USERNAME": username,
        "ADMIN_PASSWORD": password,
        "DATA_DIR": str(data_dir),
        "HOST": "127.0.0.1",
        "PORT": str(port),
    }
    arguments = [sys.executable, "-m", "flask", "--app", "src.app", "up"]
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(arguments, cwd=ROOT, env=env, stdout=log, stderr=log, start_new_session=True)
        try:
            client = Client(f"http://127.0.0.1:{port}")
            _wait_until_up(process, client, username, password, log.fileno())
            database_url = os.environ.get("DATABASE_URL") or _embedded_url(data_dir)
            _refuse_records(database_url)
            yield Service(client, database_url, WorkerMemory(process.pid), data_dir / "log" / "worker.log")
        finally:
            _stop(process)


def _wait_until_up(process: subprocess.Popen[bytes], client: Client, username: str, password: str, log: int) -> None:
    """Return once a login succeeds, which needs the web server and the migrated database."""
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            client.log_in(username, password)
            return
        except (OSError, http.client.HTTPException, UnexpectedAnswer) as error:
            if process.poll() is not None or time.monotonic() > deadline:
                raise Unusable(f"The service does not start: {error}\n{_end_of(log)}") from None
            time.sleep(0.2)


def _end_of(log: int) -> str:
    size = os.fstat(log).st_size
    return os.pread(log, LOG_TAIL, max(0, size - LOG_TAIL)).decode("utf-8", "replace")


def _embedded_url(data_dir: Path) -> str:
    return str(json.loads((data_dir / "run" / "servers.json").read_text(encoding="utf-8"))["database_url"])


def _refuse_records(database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        if connection.execute("select 1 from atendimento limit 1").fetchone():
            raise Unusable("The database of DATABASE_URL holds records. Give an empty one, or unset DATABASE_URL.")


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGINT)
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        # Kill the supervisor alone; the next start in the same folder would stop what it leaves, but there is none.
        process.kill()
        process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
