"""Holidays, as the table has them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import Connection, select

from src.domain.period import Period
from src.models import Holiday


def fetch_holidays(connection: Connection, calendars: Sequence[str], period: Period) -> set[date]:
    """Return the days in `period` that any of `calendars` has off; none where there are no calendars."""
    if not calendars:
        return set()
    query = select(Holiday.date).where(
        Holiday.calendar.in_(calendars), Holiday.date.between(period.start_date, period.end_date)
    )
    return set(connection.scalars(query))
