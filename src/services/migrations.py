"""Migrations take turns, and give way to whoever uses the tables."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager

import psycopg
import structlog
from flask import current_app
from sqlalchemy.exc import OperationalError

from src.database import connect
from src.extensions import alembic
from src.repositories.schema_version import lock_migrations

# A migration waits for a lock for seconds at most (migrations/sql), for all others queue behind it meanwhile.
TRIES, PAUSE_SECONDS = 60, 2
logger = structlog.get_logger(__name__)


def upgrade(revision: str = "heads") -> None:
    """Migrate up to `revision`. A table that is in use is asked for again, a moment later, for some minutes.

    A database that newer code has migrated stays as it is: a deploy is undone by starting what was there before.
    """
    with one_migration_at_a_time():
        if revision == "heads" and newer_revisions():
            return
        for left in reversed(range(TRIES)):
            try:
                return alembic.upgrade(revision)
            except (psycopg.errors.LockNotAvailable, OperationalError) as error:
                if not left or not isinstance(getattr(error, "orig", error), psycopg.errors.LockNotAvailable):
                    raise
                logger.warning("migration_waits_for_a_lock", tries_left=left)
            time.sleep(PAUSE_SECONDS)


def newer_revisions() -> list[str]:
    """Return the revisions that the database is at and this code does not know: newer code has been here."""
    return sorted({*alembic.migration_context.get_current_heads()} - {script.revision for script in alembic.log()})


@contextmanager
def one_migration_at_a_time() -> Iterator[None]:
    """Wait until nobody else migrates, and keep others waiting until the block ends."""
    settings = current_app.config["SETTINGS"]
    with closing(connect(settings)) as connection:
        # No transaction: an index that is built concurrently would wait for its end.
        connection.autocommit = True
        lock_migrations(connection)
        yield
