"""Columns of a block read at once: short cuts through the rules of `src/domain` for values in their plain shapes.

Each function takes where the fields start and end in a block and returns the values with a mask of those that it could
read. It never guesses: what it can't read goes row by row through the rules themselves. Times are whole seconds since
2000-01-01 (the epoch of Postgres), local.
"""

from __future__ import annotations

from calendar import monthrange
from datetime import date, datetime
from itertools import product
from typing import Final

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import sliding_window_view

from src.domain.dates import FIRST_OF_LAST_CENTURY, MAX_YEAR, MIN_YEAR
from src.domain.status import STATUSES

Bytes = npt.NDArray[np.uint8]
Integers = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

EPOCH: Final = datetime(2000, 1, 1)  # noqa: DTZ001 - local times carry no offset
DAY_SECONDS: Final = 86_400
# Room before and behind a block, so that a window over any field stays inside.
PADDING: Final = 64

# What a file says of a record's status: a place in STATUSES, or nothing.
UNSAID: Final = -1
MIN_DATE_LENGTH: Final = 8  # dd/mm/yy

_ZERO: Final = ord("0")
_SLASH: Final = ord("/")
_DAY_FIRST_MARKS: Final = np.frombuffer(b"/-. ", np.uint8)
# As many digits as 64 bits always hold; the few ids that have more are read row by row.
_ID_DIGITS: Final = 18
_MONTHS: Final = [(year, month) for year in range(MIN_YEAR, MAX_YEAR + 1) for month in range(1, 13)]
_MONTH_START: Final = np.array([(date(y, m, 1) - EPOCH.date()).days for y, m in _MONTHS], np.int64)
_MONTH_DAYS: Final = np.array([monthrange(y, m)[1] for y, m in _MONTHS], np.int64)
_KEEP: Final = np.array([[255] * n + [0] * (PADDING - n) for n in range(PADDING + 1)], np.uint8)


class Shape:
    """One way to write a date: `pattern` has a letter (dmyHMS) for each digit and the rest as it stands."""

    def __init__(self, pattern: str) -> None:
        self.width = len(pattern)
        self.separators = [(i, ord(c)) for i, c in enumerate(pattern) if c not in "dmyHMS"]
        self.digits = {letter: [i for i, c in enumerate(pattern) if c == letter] for letter in "dmyHMS"}
        self.has_time = "H" in pattern


def _rare_shapes() -> dict[int, list[Shape]]:
    """Return, by their widths, the shapes with a lost slash, with blanks around slashes, and other rare ones."""
    slash = ("/", " /", "/ ", " / ")
    dates = [f"dd{a}mm{b}yyyy" for a, b in (*product(slash, slash), *product(slash, ("",)), *product(("",), slash))]
    dates += ["dd/mm/yy", "dd-mm-yyyy", "dd.mm.yyyy", "yyyy/mm/dd"]
    patterns = [date + time for date in dates for time in ("", " HH:MM", " HH:MM:SS")]
    shapes: dict[int, list[Shape]] = {}
    for pattern in patterns:
        if pattern not in COMMON_PATTERNS:
            shapes.setdefault(len(pattern), []).append(Shape(pattern))
    return shapes


COMMON_PATTERNS: Final = (
    "dd/mm/yyyy HH:MM:SS",
    "dd/mm/yyyy",
    "dd/mm/yyyy HH:MM",
    "yyyy-mm-dd HH:MM:SS",
    "yyyy-mm-dd",
    "dd/mm/yy",
    "yyyy-mm-dd HH:MM",
    "yyyy-mm-ddTHH:MM:SS",
)
COMMON_SHAPES: Final = tuple(Shape(pattern) for pattern in COMMON_PATTERNS)
RARE_SHAPES: Final = _rare_shapes()


def windows(text: Bytes, starts: Integers, width: int) -> Bytes:
    """Return the `width` bytes from each start, one row each."""
    return sliding_window_view(text, width)[starts]


def read_ids(text: Bytes, starts: Integers, ends: Integers) -> tuple[Integers, Mask]:
    """Return positive integers of up to 18 digits."""
    lengths = ends - starts
    width = int(min(max(lengths.max(initial=1), 1), _ID_DIGITS))
    digits = windows(text, ends - width, width) - np.uint8(_ZERO)
    values = np.zeros(len(starts), np.int64)
    ok = (lengths > 0) & (lengths <= width)
    for column in range(width):
        digit = digits[:, column]
        inside = lengths >= width - column
        ok &= (digit <= 9) | ~inside
        values = values * 10 + np.where(inside, digit, 0)
    return values, ok & (values > 0)


def read_status(text: Bytes, starts: Integers, ends: Integers) -> tuple[npt.NDArray[np.int8], Mask]:
    """Return the places in STATUSES of what the fields say, UNSAID for an empty one."""
    lengths = ends - starts
    said = np.full(len(starts), UNSAID, np.int8)
    for place, word in enumerate(STATUSES):
        rows = np.flatnonzero(lengths == len(word))
        same = (windows(text, starts[rows], len(word)) == np.frombuffer(word.encode(), np.uint8)).all(axis=1)
        said[rows[same]] = place
    return said, (said != UNSAID) | (lengths == 0)


def has_day_above_12(text: Bytes, starts: Integers, ends: Integers) -> bool:
    """Say whether a date begins with a day from 13 on: 29/06/2021, 29-06-2021, 2906/2021, but not 2021/06/29.

    The fields are dates that `read_times` has read.
    """
    at = starts[ends - starts >= MIN_DATE_LENGTH]
    tens, ones, third, fifth, eighth = (text[at + place] for place in (0, 1, 2, 4, 7))
    day_stands_first = np.isin(third, _DAY_FIRST_MARKS) | ((fifth == _SLASH) & (eighth != _SLASH))
    return bool((day_stands_first & ((tens - _ZERO) * 10 + (ones - _ZERO) > 12)).any())


def read_words(text: Bytes, starts: Integers, ends: Integers) -> tuple[npt.NDArray[np.uint64], Integers, Mask]:
    """Return the bytes of names of up to 64 bytes as 8-byte words, zeros behind them, and their lengths."""
    lengths = ends - starts
    ok = lengths <= PADDING
    lengths = np.where(ok, lengths, 0)
    width = -(-int(max(lengths.max(initial=1), 1)) // 8) * 8
    words = windows(text, starts, width).view(np.uint64)
    return words & _KEEP[:, :width].copy().view(np.uint64)[lengths], lengths, ok


def read_times(text: Bytes, starts: Integers, ends: Integers) -> tuple[Integers, Mask, Mask]:
    """Return seconds since 2000-01-01, the mask of those read, and the mask of those that name no time of day."""
    lengths = ends - starts
    seconds = np.zeros(len(starts), np.int64)
    ok = np.zeros(len(starts), np.bool_)
    date_alone = np.zeros(len(starts), np.bool_)
    for shape in COMMON_SHAPES:
        rows = np.flatnonzero((lengths == shape.width) & ~ok)
        if rows.size:
            seconds[rows], ok[rows] = _read_shape(text, starts[rows], shape)
            date_alone[rows] |= ok[rows] & (not shape.has_time)
    left = np.flatnonzero(~ok)
    for width in set(lengths[left].tolist()) & RARE_SHAPES.keys():
        rows = left[lengths[left] == width]
        for shape in RARE_SHAPES[width]:
            seconds[rows], ok[rows] = _read_shape(text, starts[rows], shape)
            date_alone[rows] |= ok[rows] & (not shape.has_time)
            rows = rows[~ok[rows]]
    return seconds, ok, date_alone


def _read_shape(text: Bytes, starts: Integers, shape: Shape) -> tuple[Integers, Mask]:
    columns = np.ascontiguousarray(windows(text, starts, shape.width).T)
    ok = np.ones(len(starts), np.bool_)
    for position, separator in shape.separators:
        ok &= columns[position] == separator
    columns -= np.uint8(_ZERO)
    parts = {letter: _number(columns, places, ok) for letter, places in shape.digits.items()}
    year = parts["y"]
    if len(shape.digits["y"]) == 2:
        year = year + np.where(year >= FIRST_OF_LAST_CENTURY, 1900, 2000)
    days, real = _days(year, parts["m"], parts["d"])
    ok &= real & (parts["H"] < 24) & (parts["M"] < 60) & (parts["S"] < 60)
    return days * DAY_SECONDS + parts["H"] * 3600 + parts["M"] * 60 + parts["S"], ok


def _number(columns: Bytes, places: list[int], ok: Mask) -> Integers:
    """Return the number that the digits at `places` make; clears `ok` where one is no digit."""
    value = np.zeros(columns.shape[1], np.int64)
    for place in places:
        ok &= columns[place] <= 9
        value = value * 10 + columns[place]
    return value


def _days(year: Integers, month: Integers, day: Integers) -> tuple[Integers, Mask]:
    """Return the days since 2000-01-01 and which of the dates exist."""
    ok = (year >= MIN_YEAR) & (year <= MAX_YEAR) & (month >= 1) & (month <= 12)
    index = np.where(ok, (year - MIN_YEAR) * 12 + month - 1, 0)
    ok &= (day >= 1) & (day <= _MONTH_DAYS[index])
    return _MONTH_START[index] + day - 1, ok
