"""Dates as the operation's exports write them.

Day comes before month, always; a value that fits only month-first is none. Blanks may stand around its separators and
one slash may be lost. Two digits of a year are 1969 to 2068. Times are local and whole seconds; one with an offset is
converted to the operation's zone.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, time, timedelta, timezone, tzinfo
from typing import Final

MIN_YEAR: Final = 1900
MAX_YEAR: Final = 2099
# The first two-digit year of the last century, as for strptime: a placeholder of 1999 must not stretch the period of
# all data to 2099.
FIRST_OF_LAST_CENTURY: Final = 69
END_OF_DAY: Final = time(23, 59, 59)
NOT_ATTENDED: Final = ("", "-")

_DATE = r"""
    (?: (?P<d>\d{1,2}) / (?P<m>\d{1,2}) / (?P<y>\d{4}|\d{2})     # 29/06/2021, 5/6/21
      | (?P<d2>\d{2}) (?P<m2>\d{2}) / (?P<y2>\d{4})              # 2906/2021
      | (?P<d3>\d{2}) / (?P<m3>\d{2}) (?P<y3>\d{4})              # 29/062021
      | (?P<y4>\d{4}) - (?P<m4>\d{2}) - (?P<d4>\d{2})            # 2021-06-29
    )"""
_TIME = r"(?P<H>\d{1,2}):(?P<M>\d{2})(?::(?P<S>\d{2})(?:\.(?P<fraction>\d{1,9}))?)?"
_OFFSET = r"(?P<offset>Z|[+-]\d{2}:?\d{2})"
_SHAPE = re.compile(rf"{_DATE}(?:[T\s]{_TIME}{_OFFSET}?)?", re.VERBOSE | re.ASCII)
# Those of any script: what was copied from a web page has blanks that do not break.
_BLANKS_AROUND_SEPARATORS = re.compile(r"\s*([/:-])\s*")
_BLANKS = re.compile(r"\s+")


class NotADate(ValueError):
    """The text is no date of any known shape."""


def parse_deadline(text: str, zone: tzinfo) -> datetime:
    """Return the deadline that `text` names; a date alone lasts until 23:59:59 (rule 1). Raises NotADate."""
    return _parse(text, zone, END_OF_DAY)


def parse_visit(text: str, zone: tzinfo) -> datetime | None:
    """Return when the visit was made; a date alone is 00:00:00, empty or `-` is None. Raises NotADate."""
    stripped = text.strip()
    return None if stripped in NOT_ATTENDED else _parse(stripped, zone, time.min)


def _parse(text: str, zone: tzinfo, time_of_a_date: time) -> datetime:
    shape = _SHAPE.fullmatch(text) or _SHAPE.fullmatch(_tidy(text))
    if shape is None:
        raise NotADate(text)
    part = shape.groupdict()
    year, month, day = (part[n] or part[f"{n}2"] or part[f"{n}3"] or part[f"{n}4"] for n in "ymd")
    try:
        moment = datetime(_full_year(year), int(month), int(day))  # noqa: DTZ001 - local by rule 8
        if part["H"] is None:
            return datetime.combine(moment, time_of_a_date)
        moment = moment.replace(hour=int(part["H"]), minute=int(part["M"]), second=int(part["S"] or 0))
        if part["offset"]:
            moment = moment.replace(tzinfo=_offset(part["offset"])).astimezone(zone).replace(tzinfo=None)
    except (ValueError, OverflowError) as error:
        raise NotADate(text) from error
    if not MIN_YEAR <= moment.year <= MAX_YEAR:
        raise NotADate(text)
    return moment


def _tidy(text: str) -> str:
    """Drop the blanks around separators and make every other run of them one."""
    return _BLANKS.sub(" ", _BLANKS_AROUND_SEPARATORS.sub(r"\1", text.strip()))


def _full_year(digits: str) -> int:
    """Return the year; two digits are of 1969 to 2068. Raises ValueError outside 1900 to 2099."""
    year = int(digits)
    if len(digits) == 2:
        year += 1900 if year >= FIRST_OF_LAST_CENTURY else 2000
    if not MIN_YEAR <= year <= MAX_YEAR:
        raise ValueError(digits)
    return year


def _offset(text: str) -> timezone:
    if text == "Z":
        return UTC
    hours, minutes = int(text[1:3]), int(text[-2:])
    if minutes > 59:
        raise ValueError(text)
    sign = -1 if text[0] == "-" else 1
    return timezone(sign * timedelta(hours=hours, minutes=minutes))
