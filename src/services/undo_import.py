"""Undoing a completed import, as if it had never been."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

import structlog
from flask import current_app
from psycopg import Connection, errors
from sqlalchemy import Row

from src.database import connect
from src.errors import ImportNotFound, ImportNotUndoable, TooMuchContention
from src.repositories import undo
from src.services.audit import record
from src.services.imports import show_import
from src.services.unit_of_work import load_transaction

logger = structlog.get_logger(__name__)

TAKE_BACK: Final[dict[str, Callable[[Connection[Any], int, datetime], None]]] = {
    "atendimentos": undo.take_records_back,
    "clientes": undo.take_clientes_back,
}
LATER_FIRST: Final = "Undo later changes first."


def undo_import(import_id: int) -> Row[Any]:
    """Give all that the import has changed its former values back, remove what it has inserted, return the import.

    Raises ImportNotFound, ImportNotUndoable where it has not completed or something was changed since, or
    TooMuchContention where an import is being written just now.
    """
    settings = current_app.config["SETTINGS"]
    try:
        with load_transaction(lambda: connect(settings)) as connection:
            undo.hold_alone(connection)
            _undo(connection, import_id, settings.import_history_days)
    except errors.LockNotAvailable as error:
        raise TooMuchContention("An import is being written now. Send it again in a moment.") from error
    except errors.ForeignKeyViolation as error:
        sentence = "Something that its records refer to was deleted since, or its clientes have atendimentos by now."
        raise ImportNotUndoable(f"{sentence} {LATER_FIRST}") from error
    except errors.UniqueViolation as error:
        raise ImportNotUndoable(
            f"Another cliente now has an e-mail that the undo would restore. {LATER_FIRST}"
        ) from error
    logger.info("import_undone", import_id=import_id)
    return show_import(import_id)


def _undo(connection: Connection[Any], import_id: int, history_days: int) -> None:
    found = undo.lock(connection, import_id, history_days)
    if found is None:
        raise ImportNotFound(f"There is no import {import_id}.")
    written_at = _refuse_unless_undoable(found, import_id, history_days)
    changed = found.written - undo.count_untouched(connection, import_id, found)
    if changed:
        raise ImportNotUndoable(
            f"{changed} of the {found.written} records that import {import_id} wrote were changed since. {LATER_FIRST}"
        )
    TAKE_BACK[found.kind](connection, import_id, written_at)
    undo.end_as_undone(connection, import_id)
    record(connection, "undo", "import", import_id, {"status": "completed"}, {"status": "undone"})


def _refuse_unless_undoable(found: undo.Undoable, import_id: int, history_days: int) -> datetime:
    """Return when the import was written, or raise ImportNotUndoable."""
    if found.status != "completed":
        raise ImportNotUndoable(f"Only a completed import can be undone: import {import_id} is {found.status}.")
    if found.dry_run:
        raise ImportNotUndoable(f"Import {import_id} was a dry run: it has changed nothing.")
    if not found.undoable or found.written_at is None:
        sentence = f"What import {import_id} overwrote is no longer kept: it is older than {history_days} days"
        raise ImportNotUndoable(f"{sentence}, or than the history of imports.")
    return found.written_at
