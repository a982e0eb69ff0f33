"""Periods of local days, their business days, and the fewest rollup rows that cover them."""

from __future__ import annotations

import calendar
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Literal

ONE_DAY: Final = timedelta(days=1)
WEEKEND: Final = (5, 6)


@dataclass(frozen=True, slots=True)
class Period:
    """Days from `start_date` to `end_date`, both included. Raises ValueError where it would end before it starts."""

    start_date: date
    end_date: date

    def __post_init__(self) -> None:
        if self.start_date > self.end_date:
            raise ValueError("a period can't end before it starts")

    @property
    def days(self) -> int:
        return (self.end_date - self.start_date).days + 1


@dataclass(frozen=True, slots=True)
class Edge:
    """Days whose counts are added to those of the whole months (sign 1), or taken off them (sign -1)."""

    start_date: date
    end_date: date
    sign: Literal[1, -1]


@dataclass(frozen=True, slots=True)
class Pieces:
    """Whole months, by their first days, both included (None: no month), and at most two edges."""

    first_month: date | None
    last_month: date | None
    edges: tuple[Edge, ...]

    def have_every_month_of(self, data: Period) -> bool:
        """Tell whether the whole months are all those that `data` reaches."""
        if self.first_month is None or self.last_month is None:
            return False
        return self.first_month <= data.start_date and _first_of_month(data.end_date) <= self.last_month


def period_asked_for(start_date: date | None, end_date: date | None, data: Period | None) -> Period | None:
    """Return the period from what was asked and the days that the data has; None where there is neither.

    A bound not given is the data's own. Where that lies on the wrong side of the one given, the period is the
    given day alone. Raises ValueError where both are given and the end is before the start.
    """
    if start_date and end_date:
        return Period(start_date, end_date)
    if start_date:
        return Period(start_date, max(start_date, data.end_date) if data else start_date)
    if end_date:
        return Period(min(end_date, data.start_date) if data else end_date, end_date)
    return data


def business_days(period: Period, holidays: Iterable[date]) -> int:
    """Count the days of the period from Monday to Friday that are none of `holidays`."""
    weeks, rest = divmod(period.days, 7)
    weekday = period.start_date.weekday()
    weekdays = 5 * weeks + sum((weekday + day) % 7 not in WEEKEND for day in range(rest))
    off = {day for day in holidays if period.start_date <= day <= period.end_date and day.weekday() not in WEEKEND}
    return weekdays - len(off)


def split(period: Period, data: Period) -> Pieces:
    """Cover the part of the period that `data` reaches by whole months and the days at its edges.

    An edge is the shorter part of its month, so that it never has more than 16 days: either the days inside the
    period, added, or those outside, taken off the whole month.
    """
    start, end = _widened(period, data)
    if _first_of_month(start) == _first_of_month(end):
        return _within_month(start, end)
    first_month, head = _head(start)
    last_month, tail = _tail(end)
    edges = tuple(edge for edge in (head, tail) if edge)
    return Pieces(first_month, last_month, edges) if first_month <= last_month else Pieces(None, None, edges)


def _widened(period: Period, data: Period) -> tuple[date, date]:
    """Return the bounds, moved out to those of their months where the data has nothing in between."""
    start, end = period.start_date, period.end_date
    if start <= data.start_date:
        start = _first_of_month(start)
    if end >= data.end_date:
        end = _last_of_month(end)
    return start, end


def _within_month(start: date, end: date) -> Pieces:
    month, before, after = _first_of_month(start), _before(start), _after(end)
    outside = [days for days in (before, after) if days]
    inside = Period(start, end)
    if inside.days <= sum(days.days for days in outside):
        return Pieces(None, None, (_edge(inside, 1),))
    return Pieces(month, month, tuple(_edge(days, -1) for days in outside))


def _head(start: date) -> tuple[date, Edge | None]:
    """Return the first whole month to read, and the edge at its side."""
    inside, outside = Period(start, _last_of_month(start)), _before(start)
    if outside and inside.days <= outside.days:
        return inside.end_date + ONE_DAY, _edge(inside, 1)
    return _first_of_month(start), _edge(outside, -1) if outside else None


def _tail(end: date) -> tuple[date, Edge | None]:
    """Return the last whole month to read, and the edge at its side."""
    inside, outside = Period(_first_of_month(end), end), _after(end)
    if outside and inside.days <= outside.days:
        return _first_of_month(inside.start_date - ONE_DAY), _edge(inside, 1)
    return inside.start_date, _edge(outside, -1) if outside else None


def _before(start: date) -> Period | None:
    return Period(_first_of_month(start), start - ONE_DAY) if start.day > 1 else None


def _after(end: date) -> Period | None:
    last = _last_of_month(end)
    return Period(end + ONE_DAY, last) if end < last else None


def _edge(days: Period, sign: Literal[1, -1]) -> Edge:
    return Edge(days.start_date, days.end_date, sign)


def _first_of_month(day: date) -> date:
    return day.replace(day=1)


def _last_of_month(day: date) -> date:
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])
