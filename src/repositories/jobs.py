"""The job side of an import: who runs it, until when, and how it ended. Every change is one conditional UPDATE."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from psycopg import Connection
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from src.ingest.layout import Layout
from src.ingest.rejections import Rejection
from src.repositories.sql import statement

# A lease that ends later than this from now was given before the database's clock was set back.
CLOCK_STEP_SECONDS = 600


@dataclass(frozen=True, slots=True)
class Claim:
    """An import that this process holds. `attempt` counts from 1."""

    id: int
    kind: str
    mode: str
    dry_run: bool
    max_rejected: float | None
    charset: str | None
    storage_key: str
    size_bytes: int
    attempt: int
    token: UUID


@dataclass(slots=True)
class RowCounts:
    """What became of the rows of a file (domain.md rule 9)."""

    read: int = 0
    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    superseded: int = 0
    rejected: int = 0


@dataclass(frozen=True, slots=True)
class Unfinished:
    """An import that the sweep has something to do for."""

    id: int
    status: str
    storage_key: str


def claim(connection: Connection[Any], import_id: int, token: UUID, lease_seconds: int) -> Claim | None:
    """Take the import if it is queued; None where somebody else has it or it has ended."""
    cursor = connection.cursor(row_factory=class_row(Claim))
    parameters = {"id": import_id, "token": token, "lease": lease_seconds}
    return cursor.execute(statement("import_claim"), parameters).fetchone()


def limit_lock_waits(connection: Connection[Any], seconds: float) -> None:
    """Make every statement of the session that waits for a lock for longer than this raise LockNotAvailable."""
    connection.execute("select set_config('lock_timeout', %s, false)", (f"{round(seconds * 1000)}ms",))


def extend(connection: Connection[Any], held: Claim, lease_seconds: int, progress: float, rows: RowCounts) -> str:
    """Extend the lease and show the progress. Returns `held`, `cancel` where that was asked for, or `lost`."""
    row = connection.execute(
        """
        update import set
            lease_expires_at = now() + make_interval(secs => %(lease)s),
            progress = greatest(progress, %(progress)s),
            rows_read = %(read)s,
            rows_rejected = %(rejected)s
        where id = %(id)s and lease_token = %(token)s and status = 'running'
        returning cancel_requested_at is not null
        """,
        {
            "id": held.id,
            "token": held.token,
            "lease": lease_seconds,
            "progress": progress,
            "read": rows.read,
            "rejected": rows.rejected,
        },
    ).fetchone()
    if row is None:
        return "lost"
    return "cancel" if row[0] else "held"


def add_rejections(connection: Connection[Any], import_id: int, rejections: list[Rejection]) -> None:
    """Store rejected rows."""
    if not rejections:
        return
    query = 'copy import_rejection (import_id, line, "column", code, reason, raw) from stdin'
    with connection.cursor().copy(query) as copy:
        for r in rejections:
            copy.write_row((import_id, r.line, r.column, r.code, r.reason, r.raw))


def complete(
    connection: Connection[Any], held: Claim, rows: RowCounts, layout: Layout, timings: dict[str, float]
) -> bool:
    """End the import as completed; false where the lease was lost or a cancel came first, and nothing may be kept."""
    parameters = {
        "header": list(layout.header),
        "delimiter": layout.delimiter,
        "id": held.id,
        "token": held.token,
        "timings": Jsonb(timings),
        "read": rows.read,
        "inserted": rows.inserted,
        "updated": rows.updated,
        "unchanged": rows.unchanged,
        "superseded": rows.superseded,
        "rejected": rows.rejected,
    }
    return connection.execute(statement("import_complete"), parameters).rowcount == 1


def end(connection: Connection[Any], held: Claim, status: str, error: str | None) -> bool:
    """End the import as failed or cancelled; false where it is not this process's any more."""
    parameters = {"id": held.id, "token": held.token, "status": status, "error": error}
    return connection.execute(statement("import_end"), parameters).rowcount == 1


def hand_back(connection: Connection[Any], held: Claim, *, count_attempt: bool = True) -> None:
    """Put the import back into the queue, as if it had not been started."""
    connection.execute(
        statement("import_hand_back"), {"id": held.id, "token": held.token, "attempt": 0 if count_attempt else 1}
    )


def take_back_expired(connection: Connection[Any], max_attempts: int, lease_seconds: int) -> list[Unfinished]:
    """Take back imports whose holder has gone: queued again, cancelled if that was asked for, or failed for good."""
    cursor = connection.cursor(row_factory=class_row(Unfinished))
    parameters = {"max_attempts": max_attempts, "longest": lease_seconds + CLOCK_STEP_SECONDS}
    return cursor.execute(statement("import_take_back"), parameters).fetchall()


def to_send_again(connection: Connection[Any], silent_seconds: int) -> list[int]:
    """Return the queued imports whose task was sent longer ago than that, marked as sent now; oldest first."""
    rows = connection.execute(statement("import_to_send_again"), {"silent": silent_seconds}).fetchall()
    return sorted(row[0] for row in rows)


def uploads_in_use(connection: Connection[Any], keys: list[str], failed_days: int) -> set[str]:
    """Return those of the stored uploads that an import will read yet, or failed on less than so many days ago."""
    parameters = {"keys": keys, "failed_days": failed_days}
    return {key for (key,) in connection.execute(statement("import_uploads_in_use"), parameters).fetchall()}
