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

    `start_date` is the day or the month's first; the counts are total, on_time, margin_seconds and, of a month,
    active_days; None where that side has no row.
    """

    rollup: str
    start_date: date
    name: str | None
    stored: tuple[int, ...] | None
    recomputed: tuple[int, ...] | None


def fetch_differences(cursor: Cursor, group: Group, at_most: int) -> tuple[int, list[Difference]]:
    """Return how many rows of the rollups of `group` differ, and the first `at_most` of them by table and date."""
    sql = statement("verify").replace("{{group}}", group)
    rows = cursor.execute(sql, {"at_most": at_most}).fetchall()
    return (rows[0][-1] if rows else 0), [
        Difference(rollup, start_date, nome, _counts(stored), _counts(recomputed))
        for rollup, start_date, nome, stored, recomputed, _ in rows
    ]


def _counts(counts: list[int | None]) -> tuple[int, ...] | None:
    return None if counts[0] is None else tuple(count or 0 for count in counts)
