"""Picking up what got lost: leases of the dead, tasks that a broker forgot, files that nobody will read.

Each step is a transaction of its own: one that fails is logged, and the others run all the same. First come those that
send tasks, so that no import waits for a step that only removes what is old.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, Final

import psycopg
import structlog
from flask import current_app
from psycopg.errors import LockNotAvailable

from src.config import Settings
from src.database import connect
from src.errors import DatabaseUnavailable
from src.repositories import audit_log, idempotency, jobs, sessions, undo
from src.repositories.foreign_keys import validate_foreign_keys
from src.services.audit import record
from src.services.imports import announce
from src.services.storage import uploads
from src.services.unit_of_work import load_transaction

# A task is normally taken within a second. After this long the broker has lost it, or the queue is long.
SILENT_SECONDS = 20
# No upload rests for this long, neither between two writes nor between the last one and its row in the database.
UPLOAD_AT_REST_SECONDS = 3600
# The next sweep tries again; one that waited for a lock would occupy a worker, and each sweep after it another.
LOCK_WAIT_SECONDS = 2
logger = structlog.get_logger(__name__)


def sweep() -> None:
    """Do all steps. Raises OperationalError or DatabaseUnavailable if there is no database for any of them."""
    for step in STEPS:
        try:
            step()
        except LockNotAvailable:
            logger.info("sweep_step_put_off", step=step.__name__)
        except DatabaseUnavailable:
            raise
        except Exception as error:
            if isinstance(error, psycopg.OperationalError) and error.sqlstate is None:
                raise  # no connection
            logger.exception("sweep_step_failed", step=step.__name__)


def send_again() -> None:
    """Send the tasks of queued imports again that no worker took."""
    with _transaction() as connection:
        silent = jobs.to_send_again(connection, SILENT_SECONDS)
    for import_id in silent:
        announce(import_id)


def take_back_expired() -> None:
    """Take back the imports whose holder has gone, and send the tasks of those that are queued again."""
    settings = _settings()
    with _transaction() as connection:
        taken_back = jobs.take_back_expired(connection, settings.import_max_attempts, settings.import_lease_seconds)
        for ended in (each for each in taken_back if each.status != "queued"):
            record(connection, "end", "import", ended.id, {"status": "running"}, {"status": ended.status})
    for unfinished in sorted(taken_back, key=lambda each: each.id):
        logger.warning("import_taken_back", import_id=unfinished.id, status=unfinished.status)
        if unfinished.status == "queued":
            announce(unfinished.id)
        elif unfinished.status == "cancelled":
            uploads().remove(unfinished.storage_key)


def validate_new_foreign_keys() -> None:
    """Check what a first load left to be checked whose worker was killed right after its commit."""
    with _transaction() as connection:
        validate_foreign_keys(connection)


def prepare_audit_log() -> None:
    """Add the partitions of the audit log for the months to come."""
    with _transaction() as connection:
        audit_log.add_partitions(connection)


def forget_old_answers() -> None:
    """Delete what was kept for requests that are sent again."""
    with _transaction() as connection:
        idempotency.forget_old(connection)


def forget_ended_sessions() -> None:
    """Delete the logins whose time is over."""
    with _transaction() as connection:
        sessions.forget_ended(connection)


def forget_old_history() -> None:
    """Delete what imports have overwritten, once they can't be undone any more."""
    with _transaction() as connection:
        undo.forget_old(connection, _settings().import_history_days)


def remove_old_uploads() -> None:
    """Remove the files that no import will read."""
    old = uploads().older_than(UPLOAD_AT_REST_SECONDS)
    if not old:
        return
    with _transaction() as connection:
        in_use = jobs.uploads_in_use(connection, old, _settings().failed_upload_days)
    for key in set(old) - in_use:
        uploads().remove(key)


STEPS: Final[tuple[Callable[[], None], ...]] = (
    send_again,
    take_back_expired,
    validate_new_foreign_keys,
    prepare_audit_log,
    forget_old_answers,
    forget_ended_sessions,
    forget_old_history,
    remove_old_uploads,
)


def _settings() -> Settings:
    settings: Settings = current_app.config["SETTINGS"]
    return settings


def _transaction() -> AbstractContextManager[psycopg.Connection[Any]]:
    return load_transaction(_connect)


def _connect() -> psycopg.Connection[Any]:
    connection = connect(_settings())
    jobs.limit_lock_waits(connection, LOCK_WAIT_SECONDS)
    return connection
