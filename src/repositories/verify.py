"""What the rollups say against what the records say."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from psycopg import Cursor

from src.domain.indicators import Group
from src.repositories.sql import statement


@dataclass(frozen=True, slots=True)
class Difference:
    """A row of a rollup that is not what the records make it.

    `start_date` is the day, the month's first or the mark; the counts are total, on_time, margin_seconds and, but for a
    day, active_days; None where that side has no row.
    """

    rollup: str
    start_date: date
    name: str | None
    stored: tuple[int, ...] | None
    recomputed: tuple[int, ...] | None


def fetch_differences(cursor: Cursor, group: Group, at_most: int) -> tuple[int, list[Difference]]:
    """Return how many rows of the rollups of `group` differ, and the first `at_most` of each statement by date."""
    count, differences = 0, list[Difference]()
    for name in ("verify", "verify_to_date"):
        rows = cursor.execute(statement(name).replace("{{group}}", group), {"at_most": at_most}).fetchall()
        count += rows[0][-1] if rows else 0
        differences += [
            Difference(rollup, start_date, nome, _counts(stored), _counts(recomputed))
            for rollup, start_date, nome, stored, recomputed, _ in rows
        ]
    return count, differences


def _counts(counts: list[int | None]) -> tuple[int, ...] | None:
    return None if counts[0] is None else tuple(count or 0 for count in counts)
