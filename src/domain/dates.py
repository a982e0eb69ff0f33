"""Dates as the operation's exports write them, and which of them can be true.

Day comes before month, always; a value that fits only month-first is none. Blanks may stand around the separators of a
date and one slash may be lost. Two digits of a year are 1969 to 2068. Times are local and whole seconds; one with an
offset, behind an ISO date only (`2021-06-30 15:00:00-03`), is converted to the operation's zone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from typing import Final, Literal, Self

from src.domain.texts import says_nothing, visible

# The years that a filter may name, and that EARLIEST_DATE may have.
MIN_YEAR: Final = 1900
MAX_YEAR: Final = 2099
# The first two-digit year of the last century, as for strptime: a placeholder of 1999 must not be read as 2099.
FIRST_OF_LAST_CENTURY: Final = 69
END_OF_DAY: Final = time(23, 59, 59)
NOT_ATTENDED: Final = ("", "-")
# A longer field is no date and is not looked at further.
MAX_DATE_LENGTH: Final = 64
MAX_OFFSET: Final = timedelta(hours=14)
DEADLINE_YEARS: Final = 10

LEAVE_IT_EMPTY: Final = "If no visit was made, leave it empty or write `-`."

# Between two patterns for blanks there is always a character that is none: matching is linear.
_SLASH, _HYPHEN, _DOT, _COLON = (rf"\s*{mark}\s*" for mark in ("/", "-", r"\.", ":"))
_ISO = rf"(?P<y>[0-9]{{4}}){_HYPHEN}(?P<m>[0-9]{{2}}){_HYPHEN}(?P<d>[0-9]{{2}})"  # 2021-06-29
_OTHERS = rf"""
    (?: (?P<d1>[0-9]{{1,2}}) {_SLASH} (?P<m1>[0-9]{{1,2}}) {_SLASH} (?P<y1>[0-9]{{4}}|[0-9]{{2}})  # 29/06/2021, 5/6/21
      | (?P<d2>[0-9]{{2}}) (?P<m2>[0-9]{{2}}) {_SLASH} (?P<y2>[0-9]{{4}})                          # 2906/2021
      | (?P<d3>[0-9]{{2}}) {_SLASH} (?P<m3>[0-9]{{2}}) (?P<y3>[0-9]{{4}})                          # 29/062021
      | (?P<d4>[0-9]{{2}}) {_HYPHEN} (?P<m4>[0-9]{{2}}) {_HYPHEN} (?P<y4>[0-9]{{4}})               # 29-06-2021
      | (?P<d5>[0-9]{{2}}) {_DOT} (?P<m5>[0-9]{{2}}) {_DOT} (?P<y5>[0-9]{{4}})                     # 29.06.2021
      | (?P<y6>[0-9]{{4}}) {_SLASH} (?P<m6>[0-9]{{2}}) {_SLASH} (?P<d6>[0-9]{{2}})                 # 2021/06/29
    )"""
_TIME = (
    rf"(?:T|\s+)(?P<H>[0-9]{{1,2}}){_COLON}(?P<M>[0-9]{{2}})"
    rf"(?:{_COLON}(?P<S>[0-9]{{2}})(?:\.(?P<fraction>[0-9]{{1,9}}))?)?"
)
# One blank at most before the sign and none behind it: `08:00 - 12:00` is a window of time, and no offset.
_OFFSET = r"(?P<offset>Z|\sUTC|\s?[+-][0-9]{2}(?::?[0-9]{2})?)"
_SHAPES: Final = (re.compile(rf"{_OTHERS}(?:{_TIME})?", re.VERBOSE), re.compile(rf"{_ISO}(?:{_TIME}{_OFFSET}?)?"))

_TWO_NUMBERS = re.compile(
    r"\s*([0-9]{1,2})\s*([/.-])\s*([0-9]{1,2})\s*\2\s*(?:[0-9]{4}|[0-9]{2})(?:[T\s].*)?", re.DOTALL
)
_ZEROS_ONLY = re.compile(r"[0/.:T_\s\u2010-\u2015\u2212-]+")
# Words for a visit that was not made yet, beside those for nothing at all; case is ignored.
_NOT_MADE: Final = frozenset(
    (
        *("em aberto", "aberto", "aberta", "pendente", "pending", "open", "aguardando", "agendado", "agendada"),
        *("a definir", "a realizar", "sem data", "sem visita", "sem atendimento", "não atendido", "nao atendido"),
        *("não atendida", "nao atendida", "não realizado", "nao realizado", "não realizada", "nao realizada"),
        *("não", "nao", "false", "falso", "nat", "nil"),
    )
)


class NotADate(ValueError):
    """The text is no date of any known shape."""


class ImplausibleDate(ValueError):
    """The date can't be true (domain.md rule 10); the text is the part of a sentence behind the column's name."""


@dataclass(frozen=True, slots=True)
class DateRules:
    """The operation's zone and, both included, the first and the last moment that a date may have."""

    zone: tzinfo
    first: datetime
    last_visit: datetime
    last_deadline: datetime

    @classmethod
    def of(cls, zone: tzinfo, today: date, earliest: date) -> Self:
        """Return the rules of a local day: visits until the end of tomorrow, deadlines until ten years from it."""
        return cls(
            zone,
            datetime.combine(earliest, time.min),
            datetime.combine(today + timedelta(days=1), END_OF_DAY),
            datetime.combine(_years_after(today, DEADLINE_YEARS), END_OF_DAY),
        )


def parse_deadline(text: str, rules: DateRules) -> datetime:
    """Return the deadline that `text` names; a date alone lasts until 23:59:59 (rule 1).

    Raises NotADate or ImplausibleDate.
    """
    deadline = parse_moment(text, rules.zone, END_OF_DAY)
    if deadline < rules.first:
        raise ImplausibleDate(f"{_before(rules)} Give the deadline that was agreed.")
    if deadline > rules.last_deadline:
        raise ImplausibleDate(f"is more than {DEADLINE_YEARS} years from now: correct the year.")
    return deadline


def parse_visit(text: str, rules: DateRules) -> datetime | None:
    """Return when the visit was made; a date alone is 00:00:00, empty or `-` is None. Raises as parse_deadline does."""
    if len(text) <= MAX_DATE_LENGTH and visible(text).strip() in NOT_ATTENDED:
        return None
    visit = parse_moment(text, rules.zone, time.min)
    if visit < rules.first:
        raise ImplausibleDate(f"{_before(rules)} {LEAVE_IT_EMPTY}")
    if visit > rules.last_visit:
        raise ImplausibleDate(f"is later than tomorrow, so the visit was not made: correct the date. {LEAVE_IT_EMPTY}")
    return visit


def _before(rules: DateRules) -> str:
    return f"is before {rules.first.date()} (the setting EARLIEST_DATE): a placeholder or a slip of the key."


def parse_moment(text: str, zone: tzinfo, time_of_a_date: time) -> datetime:
    """Return the local moment that `text` names, of whatever year. Raises NotADate."""
    if len(text) > MAX_DATE_LENGTH:
        raise NotADate(text[:MAX_DATE_LENGTH])
    stripped = visible(text).strip()
    shape = _SHAPES[0].fullmatch(stripped) or _SHAPES[1].fullmatch(stripped)
    if shape is None:
        raise NotADate(text)
    part = {name[0] if name[-1].isdigit() else name: value for name, value in shape.groupdict().items() if value}
    try:
        moment = datetime(_full_year(part["y"]), int(part["m"]), int(part["d"]))  # noqa: DTZ001 - local by rule 8
        if "H" not in part:
            return datetime.combine(moment, time_of_a_date)
        moment = moment.replace(hour=int(part["H"]), minute=int(part["M"]), second=int(part.get("S", 0)))
        return _converted(moment, part["offset"], zone) if "offset" in part else moment
    except ValueError as error:
        raise NotADate(text) from error


def says_not_made(text: str) -> bool:
    """Say whether the text of a visit is a way to say that there is none, such as `NULL`, `00/00/0000`, `em aberto`."""
    if len(text) > MAX_DATE_LENGTH:
        return False
    stripped = visible(text).strip()
    return says_nothing(stripped) or stripped.casefold() in _NOT_MADE or _ZEROS_ONLY.fullmatch(stripped) is not None


def first_number(text: str) -> Literal["day", "month"] | None:
    """Return which of two numbers before a year comes first, or None if the text fits both orders or neither.

    29/06/2021 fits only day-first, 06/29/2021 only month-first, 05/06/2021 both.
    """
    if len(text) > MAX_DATE_LENGTH or not (shape := _TWO_NUMBERS.fullmatch(visible(text))):
        return None
    first, second = int(shape[1]), int(shape[3])
    if not (1 <= min(first, second) <= 12 < max(first, second) <= 31):
        return None
    return "day" if first > 12 else "month"


def _converted(moment: datetime, offset: str, zone: tzinfo) -> datetime:
    """Return the local time of the zone. At the ends of the calendar it may not exist: implausible without it too."""
    aware = moment.replace(tzinfo=_offset(offset.strip()))
    try:
        return aware.astimezone(zone).replace(tzinfo=None)
    except OverflowError:
        return moment


def _full_year(digits: str) -> int:
    """Return the year; two digits are of 1969 to 2068."""
    year = int(digits)
    if len(digits) == 2:
        year += 1900 if year >= FIRST_OF_LAST_CENTURY else 2000
    return year


def _offset(text: str) -> timezone:
    if text in ("Z", "UTC"):
        return UTC
    hours, minutes = int(text[1:3]), int(text[3:].removeprefix(":") or 0)
    distance = timedelta(hours=hours, minutes=minutes)
    if minutes > 59 or distance > MAX_OFFSET:
        raise ValueError(text)
    return timezone(-distance if text[0] == "-" else distance)


def _years_after(day: date, years: int) -> date:
    """Return the same day so many years later; 29 February may become 1 March."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 3, 1)
