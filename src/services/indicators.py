"""Answers of the indicators: how productive, how punctual, how many."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import current_app
from psycopg import Cursor

from src.domain.calendars import CALENDARS, DEFAULT_CALENDAR, Coverage, coverage_of
from src.domain.indicators import PRODUCTIVITY, PRODUCTIVITY_SORT_ALIASES, SORT_ALIASES, Group, Indicator
from src.domain.period import MAX_YEARS, Period, business_days, period_asked_for
from src.domain.rows import normalise_nome
from src.errors import InvalidPeriod, UnknownCalendar, UnknownSortField
from src.repositories.calendars import fetch_holidays
from src.repositories.indicators import (
    DataDays,
    Page,
    Row,
    fetch_data_days,
    fetch_indicator,
    fetch_total,
    fetch_view,
)
from src.services.clock import local_today
from src.services.snapshot import one_read_cursor, snapshot_cursor


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked of an indicator. Bounds are included; None: the data's own. `limit` None: every row."""

    start_date: date | None = None
    end_date: date | None = None
    calendar: str = DEFAULT_CALENDAR
    angel: str | None = None
    polo: str | None = None
    sort_field: str = "total"
    desc: bool = True
    limit: int | None = None
    offset: int = 0


@dataclass(frozen=True, slots=True)
class Answer:
    """Rows of an indicator and the period that they count; `period` is None where there is neither data nor a bound."""

    fields: tuple[str, ...]
    period: Period | None
    business_days: int
    calendar: str
    count: int
    data: list[Row]

    @property
    def coverage(self) -> Coverage:
        """Return the days whose holidays the calendar knows."""
        return coverage_of(self.calendar)

    def period_stated(self) -> dict[str, Any]:
        """Return the period as every answer states it (domain.md rule 4), and whether the calendar covers all of it."""
        return {
            "start_date": self.period and self.period.start_date,
            "end_date": self.period and self.period.end_date,
            "business_days": self.business_days,
            "calendar": self.calendar,
            "calendar_covers": self.coverage.covers(self.period),
            "calendar_start_date": self.coverage.start_date,
            "calendar_end_date": self.coverage.end_date,
        }

    def document(self) -> dict[str, Any]:
        """Return the answer as JSON states it, each row by the names of its fields."""
        rows = [dict(zip(self.fields, row, strict=False)) for row in self.data]
        return {"period": self.period_stated(), "count": self.count, "data": rows}


def answer_indicator(indicator: Indicator, question: Question) -> Answer:
    """Answer the question from one state of the data.

    Raises InvalidPeriod, UnknownCalendar or UnknownSortField. An angel or a polo that nobody knows has no rows.
    """
    if question.calendar not in CALENDARS:
        sentence = f"There is no such calendar: give one of {', '.join(CALENDARS)}."
        raise UnknownCalendar(sentence, {"calendar": [sentence]})
    page = _page(indicator, question)
    earliest: date = current_app.config["SETTINGS"].earliest_date
    bounded = bool(question.start_date and question.end_date)
    # One statement counts all. The data's own period has to be of the same state; holidays are changed by no import.
    with one_read_cursor() if bounded else snapshot_cursor() as cursor:
        data = DataDays() if bounded else fetch_data_days(cursor, earliest, local_today())
        period = _period(question, data.plausible)
        days = _business_days(cursor, question.calendar, period)
        count, rows = 0, list[Row]()
        if period:
            names: dict[Group, str | None] = {"angel": _name(question.angel), "polo": _name(question.polo)}
            count, rows = fetch_indicator(cursor, indicator, period, data.all, names, days, page)
    return Answer(indicator.fields, period, days, question.calendar, count, rows)


def count_atendimentos() -> int:
    """Count the records that are not deleted, whatever their status."""
    with snapshot_cursor() as cursor:
        return fetch_total(cursor)


def read_productivity_view(group: Group, at_most: int | None) -> tuple[int, list[dict[str, Any]]]:
    """Return how many rows the view `<group>_productivity` has, and the first `at_most` (None: all) of them."""
    with snapshot_cursor() as cursor:
        return fetch_view(cursor, group, at_most)


def _page(indicator: Indicator, question: Question) -> Page:
    aliases = PRODUCTIVITY_SORT_ALIASES if indicator is PRODUCTIVITY else SORT_ALIASES
    sort_field = aliases.get(question.sort_field, question.sort_field)
    if sort_field not in indicator.fields:
        sentence = f"Sort by one of {', '.join(sorted(indicator.fields))}."
        raise UnknownSortField(sentence, {"sort_field": [sentence]})
    return Page(sort_field, question.desc, question.limit, question.offset)


def _period(question: Question, data: Period | None) -> Period | None:
    """Return the period that is asked for. The data's own is never too long."""
    try:
        period = period_asked_for(question.start_date, question.end_date, data)
    except ValueError:
        raise _invalid(f"The period ends on {question.end_date}, before it starts on {question.start_date}.") from None
    if period and period != data and period.is_too_long:
        raise _invalid(f"The period from {period.start_date} to {period.end_date} is longer than {MAX_YEARS} years.")
    return period


def _invalid(sentence: str) -> InvalidPeriod:
    return InvalidPeriod(sentence, {"end_date": [sentence]})


def _business_days(cursor: Cursor, calendar: str, period: Period | None) -> int:
    if period is None:
        return 0
    return business_days(period, fetch_holidays(cursor, CALENDARS[calendar], period))


def _name(given: str | None) -> str | None:
    return None if given is None else normalise_nome(given)
