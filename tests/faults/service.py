"""The service as five real processes of its own, each of which a test may kill, stop and start again."""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

import psycopg
import redis

from src.embedded import identity
from src.embedded.broker import Broker
from src.embedded.ports import free_port
from src.embedded.postgres import Postgres
from src.embedded.processes import Child, Children, Command
from tests.e2e.running import ROOT, wait_for
from tests.faults.client import Client
from tests.unmeasured import UNMEASURED

PARTS = ("postgres", "broker", "worker", "beat", "web")
SERVERS = ("postgres", "broker")
OURS = ("worker", "beat", "web")
PASSWORD = "the admin's password"
START_SECONDS = 90
# The shortest that the service takes: what waits for a lease is then over within a test's patience.
QUICK = {"IMPORT_LEASE_SECONDS": "5", "SWEEP_SECONDS": "1"}
DEFAULT = {"IMPORT_LEASE_SECONDS": "20", "SWEEP_SECONDS": "15"}


class Service:
    """Starts all parts when entered and stops them when left. The pieces are started from the main thread only."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.folder = folder
        self.port = free_port()
        self.children = Children(folder)
        self._servers = {
            "postgres": Postgres(folder, self.children.log_of("postgres")),
            "broker": Broker(folder),
        }
        self._running: dict[str, Child] = {}
        self._settings = {**QUICK, "WEB_WORKERS": "2", "WORKER_CONCURRENCY": "1", **settings}
        self._secret = secrets.token_hex(32)

    def __enter__(self) -> Service:
        for name in SERVERS:
            self.start(name)
        self.flask("db", "upgrade")
        self.flask("users", "ensure-admin")
        for name in OURS:
            self.start(name)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for name in reversed(PARTS):
            self.stop(name)

    @property
    def environment(self) -> dict[str, str]:
        """What every process of the service has in its environment."""
        return {
            **os.environ,
            "DATA_DIR": str(self.folder),
            "UPLOAD_DIR": str(self.folder / "uploads"),
            "DATABASE_URL": self._servers["postgres"].url,
            "REDIS_URL": self._servers["broker"].url,
            "JWT_SECRET_KEY": self._secret,
            "ADMIN_USERNAME": "admin",
            "ADMIN_PASSWORD": PASSWORD,
            "HOST": "127.0.0.1",
            "PORT": str(self.port),
            # A minute: on a fast machine they do more than any analyst.
            "RATE_LIMIT_UPLOADS": "60000",
            "RATE_LIMIT_LOGINS_BY_NAME": "60000",
            "REMAP_SIGTERM": "SIGQUIT",
            **self._settings,
        }

    def start(self, name: str, **environment: str) -> None:
        """Start a part, with some more in its environment, and return once it does its work.

        CLOCK is the time that it takes for now (see tests/faults/clock.py).
        """
        if name in self._running:
            return
        begun = time.monotonic()
        self._running[name] = self.children.spawn(self._command(name, environment))
        while not self._is_ready(name):
            assert time.monotonic() < begun + START_SECONDS, f"{name} does not start:\n{self.log(name)[-4000:]}"
            if self._running[name].exit_code() is not None:  # e.g. Postgres beside backends that end just now
                self._running[name] = self.children.spawn(self._command(name, environment))
            time.sleep(0.05)
        if name in SERVERS:
            self._servers[name].settle()

    def mend(self) -> None:
        """Start whatever does not run, and return once all do their work."""
        for name in PARTS:
            self.start(name)

    def restart(self, *names: str, **environment: str) -> None:
        """Stop the parts, then start them, with some more in their environment."""
        for name in names:
            self.stop(name)
        for name in names:
            self.start(name, **environment)

    @contextlib.contextmanager
    def given(self, *names: str, **settings: str) -> Iterator[None]:
        """Give some of our parts (default: all) other settings for a while, by starting them again."""
        former, users = self._settings, names or OURS
        self._settings = {**former, **settings}
        try:
            self.restart(*users)
            yield
        finally:
            self._settings = former
            self.restart(*users)

    def tend(self) -> None:
        """Start again what has ended by itself, as the supervisor or a container's restart policy does."""
        for name in PARTS:
            if name in self._running and self._running[name].exit_code() is not None:
                with contextlib.suppress(OSError):  # nothing can be written now, so it is tried again
                    self._running[name] = self.children.spawn(self._command(name, {}))

    def stop(self, name: str) -> None:
        """Ask a part to end, as a deploy does, and wait until it has."""
        if child := self._running.pop(name, None):
            child.stop()

    def kill(self, name: str) -> None:
        """Kill a part with a signal that it can't catch, and all that it has started."""
        child = self._running.pop(name)
        with contextlib.suppress(ProcessLookupError):
            os.kill(child.pid, signal.SIGKILL)
        wait_for(lambda: child.exit_code() is not None)

    def kill_children(self, name: str) -> None:
        """Kill what a part has started, not the part itself."""
        for pid in self.children_of(name):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def signal(self, name: str, number: int) -> None:
        """Send a part a signal."""
        os.kill(self._running[name].pid, number)

    def forget_ended(self, name: str) -> None:
        """Wait until a part that was sent a signal has ended."""
        child = self._running.pop(name)
        wait_for(lambda: child.exit_code() is not None, 60)

    def children_of(self, name: str) -> list[int]:
        """Return the processes that a part has started."""
        pid = self._running[name].pid
        return [each for each in identity.session_members(pid, self.folder) if each != pid]

    def pids(self) -> dict[str, list[int]]:
        """Return the processes of all parts that are ours, the servers left out."""
        names = [name for name in self._running if name not in SERVERS]
        return {name: [self._running[name].pid, *self.children_of(name)] for name in names}

    def log(self, name: str) -> str:
        """Return what a part has written so far."""
        return self.children.log_of(name).read_text(encoding="utf-8", errors="replace")

    def client(self) -> Client:
        """Return a client that is logged in as the admin."""
        return Client(f"http://127.0.0.1:{self.port}", "admin", PASSWORD)

    def database(self) -> psycopg.Connection[Any]:
        """Open a connection to the database that commits each statement."""
        return psycopg.connect(self._servers["postgres"].url, autocommit=True, connect_timeout=30)

    def broker(self) -> redis.Redis:
        """Return a client of the broker."""
        return redis.Redis.from_url(self._servers["broker"].url, socket_timeout=30)

    def flask(self, *arguments: str) -> str:
        """Run a command of the program and return what it prints; fails where the command does."""
        done = subprocess.run(
            [sys.executable, "-m", "flask", "--app", "src.app", *arguments],
            cwd=ROOT,
            env=self.environment | UNMEASURED,
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def _command(self, name: str, environment: Mapping[str, str]) -> Command:
        if name in SERVERS:
            return self._servers[name].prepare()
        celery = ("celery", "-A", "src.app.celery")
        schedule = str(self.folder / "run" / "schedule")
        arguments = {
            "worker": (*celery, "worker", "--loglevel", "INFO"),
            "beat": (*celery, "beat", "--loglevel", "INFO", "--pidfile", "", "--schedule", schedule),
            "web": ("gunicorn", "-c", "python:src.gunicorn_conf", "--graceful-timeout", "8", "src.app:app"),
        }[name]
        # What a worker does that is broken off is seen nowhere else.
        measured = {} if name == "worker" else UNMEASURED
        env = {**self.environment, **measured, **environment}
        clock = ("tests.faults.clock", environment["CLOCK"]) if "CLOCK" in environment else ()
        return Command(name, [sys.executable, "-m", *clock, *arguments], ROOT, env=env, stop_seconds=20)

    def _is_ready(self, name: str) -> bool:
        if name in SERVERS:
            return self._servers[name].is_ready()
        if name == "web":
            return self.client().answers("/health/live")
        return name == "beat" or len(self.children_of("worker")) > 0
