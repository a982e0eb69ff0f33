"""Picking up what got lost: leases of the dead, tasks that a broker forgot, files that nobody will read."""

from __future__ import annotations

import structlog
from flask import current_app

from src.database import connect
from src.repositories import jobs
from src.services.imports import announce
from src.services.unit_of_work import load_transaction

# A task sent is normally taken within a second; so long without is a broker that lost it, or a queue that is long.
SILENT_SECONDS = 20
logger = structlog.get_logger(__name__)


def sweep() -> None:
    """Take back imports whose holder has gone, and send the tasks of queued ones again that nobody took."""
    settings = current_app.config["SETTINGS"]
    with load_transaction(lambda: connect(settings)) as connection:
        taken_back = jobs.take_back_expired(connection, settings.import_max_attempts)
        silent = jobs.to_send_again(connection, SILENT_SECONDS)
    for unfinished in taken_back:
        logger.warning("import_taken_back", import_id=unfinished.id, status=unfinished.status)
    queued = [unfinished.id for unfinished in taken_back if unfinished.status == "queued"]
    for import_id in sorted({*queued, *silent}):
        announce(import_id)
