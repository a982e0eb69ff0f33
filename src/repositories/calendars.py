"""Holidays, as the table has them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from psycopg import Cursor

from src.domain.period import Period
from src.repositories.sql import statement


def fetch_holidays(cursor: Cursor, calendars: Sequence[str], period: Period) -> set[date]:
    """Return the days in `period` that any of `calendars` has off; none where there are no calendars."""
    if not calendars:
        return set()
    bounds = {"start_date": period.start_date, "end_date": period.end_date}
    rows = cursor.execute(statement("holidays"), {"calendars": list(calendars), **bounds}, prepare=True)
    return {day for (day,) in rows}
