"""Picking up what got lost: leases of the dead, tasks that a broker forgot, files that nobody will read."""

from __future__ import annotations

from contextlib import suppress

import structlog
from flask import current_app
from psycopg.errors import LockNotAvailable

from src.database import connect
from src.repositories import idempotency, jobs, sessions, undo
from src.repositories.table_beside import validate_foreign_keys
from src.services.audit import record
from src.services.imports import announce
from src.services.storage import uploads
from src.services.unit_of_work import load_transaction

# A task is normally taken within a second. After this long the broker has lost it, or the queue is long.
SILENT_SECONDS = 20
# No upload rests for this long, neither between two writes nor between the last one and its row in the database.
UPLOAD_AT_REST_SECONDS = 3600
logger = structlog.get_logger(__name__)


def sweep() -> None:
    """Take back what dead holders left, send the tasks of queued imports again that nobody took, remove what is old."""
    settings = current_app.config["SETTINGS"]
    old = uploads().older_than(UPLOAD_AT_REST_SECONDS)
    with load_transaction(lambda: connect(settings)) as connection:
        taken_back = jobs.take_back_expired(connection, settings.import_max_attempts, settings.import_lease_seconds)
        for ended in (each for each in taken_back if each.status != "queued"):
            record(connection, "end", "import", ended.id, {"status": "running"}, {"status": ended.status})
        silent = jobs.to_send_again(connection, SILENT_SECONDS)
        idempotency.forget_old(connection)
        sessions.forget_ended(connection)
        undo.forget_old(connection, settings.import_history_days)
        in_use = jobs.uploads_in_use(connection, old, settings.failed_upload_days) if old else set()
    with suppress(LockNotAvailable), load_transaction(lambda: connect(settings)) as connection:
        validate_foreign_keys(connection)  # of a first load whose worker was killed right after its commit
    cancelled = {unfinished.storage_key for unfinished in taken_back if unfinished.status == "cancelled"}
    for key in cancelled | (set(old) - in_use):
        uploads().remove(key)
    for unfinished in taken_back:
        logger.warning("import_taken_back", import_id=unfinished.id, status=unfinished.status)
    queued = [unfinished.id for unfinished in taken_back if unfinished.status == "queued"]
    for import_id in sorted({*queued, *silent}):
        announce(import_id)
