"""The moments of a sample file: which days and times are drawn, and the shapes in which they are written."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from src.services.sample_data.text import Draws, Ints, table

FIRST_DAY = date(2020, 7, 1)
DAYS = 430
DAY_SECONDS = 86_400
LAST_SECOND = DAY_SECONDS - 1
DEADLINE_HOUR = 18 * 3600

_FIRST_VISIT, _LAST_VISIT = date(2020, 8, 1), date(2021, 7, 31)
_QUIET_DAYS = {date(2020, 9, 7), date(2020, 10, 12), date(2020, 11, 2), date(2020, 12, 25)} | {
    date(2021, 1, 1),
    date(2021, 4, 2),
    date(2021, 4, 21),
}

# (Day, time, how many of 10,000 visits, of 10,000 deadlines); the first two are visits not made yet.
_SHAPES = (
    ("-", "", 150, 0),
    ("", "", 30, 0),
    ("{d:02}/{m:02}/{y}", " {h:02}:{m:02}:{s:02}", 9220, 60),
    ("{d:02}/{m:02}/{y}", " {h:02}:{m:02}", 120, 30),
    ("{d:02}/{m:02}/{y}", "", 80, 9510),
    ("{y}-{m:02}-{d:02}", " {h:02}:{m:02}:{s:02}", 130, 20),
    ("{y}-{m:02}-{d:02}", " {h:02}:{m:02}", 10, 0),
    ("{y}-{m:02}-{d:02}", "T{h:02}:{m:02}:{s:02}", 20, 0),
    ("{y}-{m:02}-{d:02}", "", 50, 150),
    ("{d:02}/{m:02}/{yy:02}", "", 50, 150),
    ("{d:02}/{m:02}/{yy:02}", " {h:02}:{m:02}", 20, 0),
    ("{d:02}/{m:02}/{yy:02}", " {h:02}:{m:02}:{s:02}", 20, 0),
    ("{d}/{m}/{y}", " {h}:{m:02}", 10, 0),
    ("{d:02}/{m:02}{y}", " {h:02}:{m:02}", 30, 0),
    ("{d:02}/{m:02}{y}", "", 0, 20),
    ("{d:02}{m:02}/{y}", "", 10, 10),
    ("{d:02} /{m:02} /{y}", " {h:02}:{m:02}:{s:02}", 40, 0),
    ("{d:02} /{m:02} /{y}", "", 0, 50),
    ("{d:02}/ {m:02}/{y}", "  {h:02}:{m:02}:{s:02}", 10, 0),
)
FIRST_MADE = 2


@dataclass(frozen=True, slots=True)
class Moments:
    """Days since FIRST_DAY, seconds of that day, and the shape of each."""

    day: Ints
    second: Ints
    shape: Ints

    def stamps(self, without_time: int) -> Ints:
        """Return seconds since FIRST_DAY as the shape shows them, with `without_time` for a bare date."""
        second = np.where(_SHOWS[self.shape] == 2, self.second, self.second // 60 * 60)
        second = np.where(_SHOWS[self.shape] == 0, without_time, second)
        return self.day * DAY_SECONDS + second

    def write(self, into: NDArray[Any]) -> None:
        """Fill the fields day, minute and second of `into`."""
        into["day"] = _DAY_TEXTS[self.shape, self.day]
        into["minute"] = _MINUTE_TEXTS[self.shape, self.second // 60]
        into["second"] = _SECOND_TEXTS[self.shape, self.second % 60]


def draw_visits(draws: Draws, count: int) -> Moments:
    """Draw visits of one year in working hours, a few of them on weekends; 1.8 % are not made yet."""
    day = _VISIT_DAYS[draws.below(len(_VISIT_DAYS), count)]
    second = 7 * 3600 + draws.below(6 * 3600, count) + draws.below(6 * 3600, count)
    return Moments(day, second, _VISIT_SHAPES[draws.below(10_000, count)])


def draw_deadlines(draws: Draws, visit_day: Ints) -> Moments:
    """Draw deadlines of which 88 % leave the visit in time, a fifth of those on its very day."""
    count = len(visit_day)
    late = draws.below(100, count) < 12
    after = np.maximum(draws.below(10, count) - 2, 0)
    day = visit_day + np.where(late, -1 - draws.below(9, count), after)
    second = np.full(count, DEADLINE_HOUR)
    return Moments(day, second, _DEADLINE_SHAPES[draws.below(10_000, count)])


def _visit_days() -> Ints:
    """Return the days of the year, each as often as its share of the work."""
    found: list[int] = []
    for number in range((_FIRST_VISIT - FIRST_DAY).days, (_LAST_VISIT - FIRST_DAY).days + 1):
        day = FIRST_DAY + timedelta(number)
        weight = {5: 3, 6: 1}.get(day.weekday(), 1 if day in _QUIET_DAYS else 20)
        found += [number] * weight
    return np.array(found)


def _shown(style: str) -> int:
    """Return how much of a time `style` shows: 0 nothing, 1 minutes, 2 seconds."""
    return ("{m" in style) + ("{s" in style)


def _dates(style: str) -> list[str]:
    days = [FIRST_DAY + timedelta(number) for number in range(DAYS)]
    return [style.format(d=day.day, m=day.month, y=day.year, yy=day.year % 100) for day in days]


def _minutes(style: str) -> list[str]:
    style = style.removesuffix(":{s:02}")
    return [style.format(h=minute // 60, m=minute % 60) for minute in range(1440)]


def _seconds(style: str) -> list[str]:
    return [f":{second:02}" if "{s" in style else "" for second in range(60)]


_SHOWS = np.array([_shown(time) for _, time, _, _ in _SHAPES])
_DAY_TEXTS = table([_dates(day) for day, _, _, _ in _SHAPES])
_MINUTE_TEXTS = table([_minutes(time) for _, time, _, _ in _SHAPES])
_SECOND_TEXTS = table([_seconds(time) for _, time, _, _ in _SHAPES])
_VISIT_SHAPES = np.repeat(np.arange(len(_SHAPES)), [visits for _, _, visits, _ in _SHAPES])
_DEADLINE_SHAPES = np.repeat(np.arange(len(_SHAPES)), [deadlines for _, _, _, deadlines in _SHAPES])
_VISIT_DAYS = _visit_days()
