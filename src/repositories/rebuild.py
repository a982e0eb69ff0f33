"""Inserting many new records at once: what costs most per row is taken away before, and brought back as a set after.

Indexes, foreign keys and triggers are read from the catalogue, so that a migration that adds one needs no change here.
"""

from __future__ import annotations

import time
from typing import Any, Final, get_args

from psycopg import Connection, errors

from src.domain.indicators import Group
from src.repositories import staging
from src.repositories.sql import statement

# Who asks for a lock makes all who come later wait behind, so it is asked for a moment at a time. The moment is shorter
# than deadlock_timeout: where a reader waits for us and we for it, it is us who give way.
LOCK_WAIT: Final = "700ms"
LOCK_TRIES: Final = 5
PAUSE_SECONDS: Final = 0.2
REFERRED: Final = "cliente, angel, polo"
AS_REPLICA: Final = (
    "set local session_replication_role = replica",
    "set local session_replication_role to default",
)
# A lock was not to be had, or was held for long enough.
TooLong: Final = (errors.LockNotAvailable, errors.DeadlockDetected, errors.QueryCanceled)


def add_to_rollups(connection: Connection[Any]) -> None:
    """Count the gathered records in the rollups as a set, without their triggers."""
    connection.execute("analyze import_new")
    for group in get_args(Group):
        for name in ("rebuild_counts", "rebuild_rollups"):
            connection.execute(statement(name).replace("{{group}}", group).encode())


def check_foreign_keys(connection: Connection[Any]) -> None:
    """Check the gathered records as a set, and keep what they refer to from being deleted until the commit.

    Raises psycopg.errors.ForeignKeyViolation, or LockNotAvailable.
    """
    _lock(connection, REFERRED, "share")
    if _rows(connection, "import_new_orphans")[0][0]:
        raise errors.ForeignKeyViolation("A cliente, angel or polo of the new records has just been deleted.")


def insert_at_once(connection: Connection[Any], import_id: int, seconds: float) -> None:
    """Insert the gathered records, already checked and counted. Readers of atendimento wait from here to the commit.

    Where the session may, it acts as a replica: foreign keys and triggers are not asked. Else they are dropped and
    disabled for the moment, which makes readers of cliente, angel and polo wait as well. Raises one of TooLong where
    the lock is not to be had or would be held for more than so many seconds; go back to a savepoint then.
    """
    bypasses = _rows(connection, "rebuild_bypass")[0][0]
    _lock(connection, "atendimento" if bypasses else f"atendimento, {REFERRED}", "access exclusive")
    until = time.monotonic() + seconds
    costly = _rows(connection, "rebuild_indexes")
    if bypasses:
        costly.append(AS_REPLICA)
    else:
        costly += _rows(connection, "rebuild_foreign_keys") + _rows(connection, "rebuild_triggers")
    for away, _ in costly:
        connection.execute(away)
    _end_in_time(connection, until)
    staging.insert(connection, import_id)
    for _, back in reversed(costly):
        _end_in_time(connection, until)
        connection.execute(back)
    connection.execute("set local statement_timeout to default")


def _end_in_time(connection: Connection[Any], until: float) -> None:
    left = max(1, int(1000 * (until - time.monotonic())))
    connection.execute(f"set local statement_timeout = {left}".encode())


def _lock(connection: Connection[Any], tables: str, mode: str) -> None:
    """Lock tables, or raise LockNotAvailable after some seconds."""
    for tries_left in reversed(range(LOCK_TRIES)):
        try:
            with connection.transaction():
                connection.execute(f"set local lock_timeout = '{LOCK_WAIT}'".encode())
                connection.execute(f"lock table {tables} in {mode} mode".encode())
                connection.execute("set local lock_timeout to default")
            return
        except errors.LockNotAvailable:
            if not tries_left:
                raise
            time.sleep(PAUSE_SECONDS)


def _rows(connection: Connection[Any], name: str) -> list[Any]:
    return connection.execute(statement(name)).fetchall()
