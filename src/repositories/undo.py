"""Undoing an import: what it has overwritten comes back from the history, what it has inserted goes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from psycopg import Connection
from psycopg.rows import class_row

from src.repositories.sql import statement
from src.repositories.staging import pass_merge_gate, plan_for_sets

MAX_WAIT: Final = "5s"
# Of one statement: a million records take seconds, and a request has 30 s for all that it does otherwise.
MAX_SECONDS: Final = "600s"
# Those that name others first.
MADE: Final = {"cliente": "id_cliente", "angel": "angel_id", "polo": "polo_id"}


@dataclass(frozen=True, slots=True)
class Undoable:
    """An import that may be undone. `written` counts the records that it inserted or changed, all at `written_at`."""

    kind: str
    status: str
    dry_run: bool
    written_at: datetime | None
    written: int
    undoable: bool


def hold_alone(connection: Connection[Any]) -> None:
    """Keep imports and writers of records away until the transaction ends. Raises psycopg.errors.LockNotAvailable."""
    connection.execute("select set_config('lock_timeout', %s, true)", (MAX_WAIT,))
    connection.execute("select set_config('statement_timeout', %s, true)", (MAX_SECONDS,))
    pass_merge_gate(connection)
    plan_for_sets(connection)


def lock(connection: Connection[Any], import_id: int, history_days: int) -> Undoable | None:
    """Return the import, locked until the transaction ends, or None where there is none."""
    cursor = connection.cursor(row_factory=class_row(Undoable))
    return cursor.execute(statement("undo_lock"), {"id": import_id, "history_days": history_days}).fetchone()


def count_untouched(connection: Connection[Any], import_id: int, found: Undoable) -> int:
    """Count what is still as the import has written it."""
    name = "undo_untouched_clientes" if found.kind == "clientes" else "undo_untouched"
    row = connection.execute(statement(name), {"id": import_id, "written_at": found.written_at}).fetchone()
    assert row is not None
    return int(row[0])


def take_records_back(connection: Connection[Any], import_id: int, written_at: datetime) -> None:
    """Bring back the records that the import has changed, and delete what came with it; the rollups follow."""
    connection.execute(statement("undo_changed"), {"id": import_id})
    connection.execute("delete from atendimento where import_id = %(id)s", {"id": import_id})
    for table, column in MADE.items():
        sql = statement("undo_made").replace("{{table}}", table).replace("{{column}}", column)
        connection.execute(sql.encode(), {"id": import_id, "written_at": written_at})
    connection.execute("delete from import_history where import_id = %(id)s", {"id": import_id})


def take_clientes_back(connection: Connection[Any], import_id: int, written_at: datetime) -> None:
    """Bring back the clientes that the import has changed, and delete those that it has inserted.

    Raises psycopg.errors.ForeignKeyViolation where an atendimento refers to one of these, and UniqueViolation where
    somebody else has an e-mail by now that has to come back.
    """
    parameters = {"id": import_id, "written_at": written_at}
    connection.execute("delete from cliente where created_at = %(written_at)s", parameters)
    # Given up before they are taken, for two clientes may have swapped theirs.
    connection.execute("update cliente set email = null where updated_at = %(written_at)s", parameters)
    connection.execute(statement("undo_clientes"), parameters)
    connection.execute("delete from import_history_cliente where import_id = %(id)s", parameters)


def end_as_undone(connection: Connection[Any], import_id: int) -> None:
    """Mark the import as undone; its counts go on saying what it had done."""
    connection.execute("update import set status = 'undone', undoable = false where id = %s", (import_id,))


def forget_old(connection: Connection[Any], history_days: int) -> None:
    """Delete the history of imports that are older than that."""
    found = connection.execute(statement("history_forget"), {"history_days": history_days}).fetchall()
    if not found:
        return
    ids = [import_id for (import_id,) in found]
    connection.execute("delete from import_history where import_id = any(%s)", (ids,))
    connection.execute("delete from import_history_cliente where import_id = any(%s)", (ids,))
