"""Heartbeat of a running import: extends the lease, reports progress, listens for a cancel."""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any

import psycopg
import structlog

from src.errors import DatabaseUnavailable
from src.repositories import jobs
from src.repositories.jobs import Claim, RowCounts

INTERVAL_SECONDS = 0.5
logger = structlog.get_logger(__name__)


class ImportCancelled(Exception):
    """A cancel was asked for while the import ran."""


class LeaseLost(Exception):
    """Another process has the import now, or it has been ended; this one must leave no trace."""


class Heartbeat:
    """Extends the lease of an import from a thread of its own, also while a long statement runs, until `complete`.

    When a cancel comes or the lease is lost, it interrupts the statement that `loading` runs; `check` then raises.

    It never waits for a lock of the load, which in turn waits in `stop` for this thread: no server would detect that
    deadlock. For example, a foreign key to `import` that somebody has added to the records locks `import` in the swap.
    If a beat finds a lock in its way, it gives up and the next one tries again; until then nobody can take the import
    away either, because they would wait for the same lock.
    """

    def __init__(
        self,
        claim: Claim,
        rows: RowCounts,
        lease_seconds: int,
        connect: Callable[[], psycopg.Connection[Any]],
        loading: psycopg.Connection[Any],
    ) -> None:
        self.progress = 0.0
        self._claim = claim
        self._rows = rows
        self._lease_seconds = lease_seconds
        self._connect = connect
        self._loading = loading
        self._verdict = "held"
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"heartbeat-{claim.id}", daemon=True)

    def __enter__(self) -> Heartbeat:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def check(self) -> None:
        """Raise ImportCancelled or LeaseLost if that has come to pass."""
        if self._verdict == "cancel":
            raise ImportCancelled
        if self._verdict == "lost":
            raise LeaseLost

    def stop(self) -> None:
        """Stop for good. From then on only the load's own transaction touches the import's row."""
        self._stopped.set()
        self._thread.join()

    def _run(self) -> None:
        connection: psycopg.Connection[Any] | None = None
        while not self._stopped.wait(INTERVAL_SECONDS):
            try:
                connection = connection if connection and not connection.closed else self._open()
                self._verdict = jobs.extend(connection, self._claim, self._lease_seconds, self.progress, self._rows)
                if self._verdict != "held":
                    self._loading.cancel_safe(timeout=5)
                    break
            except (psycopg.Error, DatabaseUnavailable) as error:
                # The lease goes on for a while yet; if the database stays away, the load fails by itself.
                logger.warning("heartbeat_failed", import_id=self._claim.id, error=type(error).__name__)
        if connection:
            connection.close()

    def _open(self) -> psycopg.Connection[Any]:
        connection = self._connect()
        jobs.limit_lock_waits(connection, INTERVAL_SECONDS)
        return connection
