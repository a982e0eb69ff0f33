"""What the rollups say against what the records say."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from psycopg import Cursor

from src.domain.dates import DateRules
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


@dataclass(frozen=True, slots=True)
class Implausible:
    """A stored record with a date that can't be true."""

    id: int
    data_limite: datetime
    data_de_atendimento: datetime | None


def fetch_implausible(cursor: Cursor, rules: DateRules, at_most: int) -> tuple[int, list[Implausible]]:
    """Return how many stored records have a date that `rules` would reject, and the first `at_most` of them by id."""
    parameters = {
        "first": rules.first,
        "last_visit": rules.last_visit,
        "last_deadline": rules.last_deadline,
        "at_most": at_most,
    }
    rows = cursor.execute(statement("verify_implausible"), parameters).fetchall()
    return (rows[0][-1] if rows else 0), [Implausible(*row[:-1]) for row in rows]


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
