"""Periods of local days, their business days, and the few rollup rows that cover them."""

from __future__ import annotations

import calendar
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Literal

ONE_DAY: Final = timedelta(days=1)
WEEKEND: Final = (5, 6)
# Holidays and marks are looked at year by year: what spans all of time is asked for by leaving the bounds out.
MAX_YEARS: Final = 250

Sign = Literal[1, -1]


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

    @property
    def is_too_long(self) -> bool:
        """Whether it is longer than what may be asked for."""
        return self.end_date.year - self.start_date.year > MAX_YEARS


@dataclass(frozen=True, slots=True)
class Edge:
    """Days whose counts are added to those of the marks (sign 1), or taken off them (sign -1)."""

    start_date: date
    end_date: date
    sign: Sign

    @property
    def days(self) -> int:
        return (self.end_date - self.start_date).days + 1


@dataclass(frozen=True, slots=True)
class Pieces:
    """Marks whose counts to date are added, or taken off, and at most two edges.

    A mark is the 15th or the last of a month; its counts to date are those from 1 January to that day.
    """

    added: tuple[date, ...]
    taken_off: tuple[date, ...]
    edges: tuple[Edge, ...]

    @property
    def cost(self) -> int:
        """How many rows of the rollups these are for an angel who works every day."""
        return len(self.added) + len(self.taken_off) + sum(edge.days for edge in self.edges)


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


def split(period: Period, data: Period | None) -> Pieces:
    """Cover each day of the period by counts to date, and the days between their marks and the period's bounds.

    From a bound it is at most eight days to the nearest mark of its year: they are added, or taken off a mark beyond.
    Where `data` is known, its first and last day are as good as the marks around them.
    """
    by_days = Pieces((), (), (Edge(period.start_date, period.end_date, 1),))
    return min(by_days, _by_marks(*_widened(period, data)), key=lambda pieces: pieces.cost)


def mark_of(day: date) -> date:
    """Return the first mark that is not before `day`: the 15th or the last of its month."""
    return day.replace(day=15 if day.day <= 15 else calendar.monthrange(day.year, day.month)[1])


def _widened(period: Period, data: Period | None) -> tuple[date, date]:
    """Return the bounds, moved out to marks where the data has nothing in between."""
    start, end = period.start_date, period.end_date
    if data and start <= data.start_date:
        start = _first_of_year(start)
    if data and end >= data.end_date:
        end = mark_of(end)
    return start, end


def _by_marks(start: date, end: date) -> Pieces:
    added = [date(year, 12, 31) for year in range(start.year, end.year)]
    taken_off = list[date]()
    edges = [_nearest_mark(end, 1, added)]
    if start > _first_of_year(start):
        edges.append(_nearest_mark(start - ONE_DAY, -1, taken_off))
    return Pieces(tuple(added), tuple(taken_off), tuple(edge for edge in edges if edge))


def _nearest_mark(day: date, sign: Sign, marks: list[date]) -> Edge | None:
    """Append the mark that is nearest to `day`, and return the days in between, if any.

    `sign` is that of the days from 1 January to `day`. 1 January needs no mark: there is nothing before it.
    """
    first, mark = day.replace(day=1 if day.day <= 15 else 16), mark_of(day)
    if (day - first).days + 1 < (mark - day).days:
        if first > _first_of_year(first):
            marks.append(first - ONE_DAY)
        return Edge(first, day, sign)
    marks.append(mark)
    return Edge(day + ONE_DAY, mark, -1 if sign > 0 else 1) if mark > day else None


def _first_of_year(day: date) -> date:
    return day.replace(month=1, day=1)
