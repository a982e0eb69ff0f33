"""Inserting an import's new records: one by one into the indexes, or all at once with the indexes built afterwards."""

from __future__ import annotations

from typing import Final

import structlog

from src.repositories import rebuild, staging
from src.services.load import Load

# Inserting fewer than these one by one takes less than half a second.
MIN_NEW: Final = 20_000
# The indexes are rebuilt for the stored records as well as for the new ones, and readers wait meanwhile.
MIN_SHARE_OF_STORED: Final = 1 / 2
# About 10 s of waiting readers.
MAX_REBUILT: Final = 4_000_000
# A reader that waits for this long still gets its answer within the default STATEMENT_TIMEOUT_SECONDS.
MAX_LOCKED_SECONDS: Final = 20
logger = structlog.get_logger(__name__)


def insert_new_records(load: Load) -> None:
    """Write those records of the delta that are not stored yet; the rollups follow."""
    with load.step("gather"):
        staging.gather(load.connection)
    if not (_are_many(load) and _inserted_at_once(load)):
        with load.step("insert"):
            staging.insert(load.connection, load.claim.id)


def rebuilding_pays(stored: int, new: int) -> bool:
    """Say whether to make readers wait for seconds, so that the import takes seconds instead of half a minute."""
    return new >= MIN_NEW and new >= stored * MIN_SHARE_OF_STORED and stored + new <= MAX_REBUILT


def _are_many(load: Load) -> bool:
    new = load.rows.inserted
    return new >= MIN_NEW and rebuilding_pays(staging.count_stored(load.connection), new)


def _inserted_at_once(load: Load) -> bool:
    """Insert all at once and say whether that was possible; where it was not, nothing has changed and nobody waits."""
    connection = load.connection
    try:
        with connection.transaction():
            with load.step("rollups"):
                rebuild.add_to_rollups(connection)
            with load.step("keys"):
                rebuild.check_foreign_keys(connection)
            with load.step("locked"):
                rebuild.insert_at_once(connection, load.claim.id, MAX_LOCKED_SECONDS)
        return True
    except rebuild.TooLong as error:
        load.heartbeat.check()
        logger.info("inserts_in_place", import_id=load.claim.id, error=type(error).__name__)
        return False
