"""What the database knows of the service's work, for its monitoring: four cheap questions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from psycopg import Cursor

from src.domain.imports import OUTCOMES
from src.repositories.sql import statement


@dataclass(frozen=True, slots=True)
class ImportStatistics:
    """Imports by status; attempts that were lost; leases of running ones; how long the oldest queued one has waited."""

    by_status: dict[str, int]
    interruptions: int
    leases_expired: int
    leases_held: int
    queue_age_seconds: float


def fetch_imports(cursor: Cursor) -> ImportStatistics:
    """Return the state of the imports; zeros where there are none."""
    rows = cursor.execute(statement("statistics_imports")).fetchall()
    return ImportStatistics(
        by_status={status: imports for status, imports, *_ in rows},
        interruptions=sum(row[2] for row in rows),
        leases_expired=sum(row[3] for row in rows),
        leases_held=sum(row[4] for row in rows),
        queue_age_seconds=max((row[5] for row in rows), default=0.0),
    )


def fetch_rows(cursor: Cursor) -> dict[str, int]:
    """Return how many rows of all completed imports had each outcome."""
    row = cursor.execute(statement("statistics_rows")).fetchone()
    return dict(zip(OUTCOMES, row or (), strict=True))


def fetch_durations(cursor: Cursor, bounds: Sequence[float]) -> tuple[list[int], float]:
    """Return how many completed imports took up to each bound, and longer than all, and the sum of their seconds."""
    counts, seconds = [0] * (len(bounds) + 1), 0.0
    for bucket, imports, taken in cursor.execute(statement("statistics_durations"), {"bounds": list(bounds)}):
        counts[bucket] = imports
        seconds += taken
    return counts, seconds


def fetch_records(cursor: Cursor) -> dict[str, int]:
    """Return how many of each noun there are: exactly up to 10,000, about as many beyond."""
    return dict(cursor.execute(statement("statistics_records")).fetchall())
