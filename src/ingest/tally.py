"""Counting while reading: what a first load needs to know of all rows, so that no second pass over them is needed.

Both counters hold a bounded number of entries: when `full`, what they hold is to be taken away and kept elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from src.ingest.columns import DAY_SECONDS, EPOCH, Integers

# A group takes 24 bytes, an id 8; merging needs as much again for a moment. The million rows of the challenge have
# 466,000 groups and 573,000 clientes.
MAX_GROUPS: Final = 500_000
MAX_CLIENTES: Final = 700_000
_MERGE_AT: Final = 200_000
# A day and a key in one integer: the day above, so that groups come out in the order of the rollups' keys.
_DAY_SHIFT: Final = 45
_KEY_MASK: Final = (1 << _DAY_SHIFT) - 1
_EPOCH_DAY: Final = np.datetime64(EPOCH.date(), "D")
_HALF_DAYS: Final = 15  # of a month's first half
_MARKS: Final = 24  # of a year
# Years and keys whose counts to date are worked out at once; each takes two kilobytes for a moment.
_PIECE: Final = 10_000
_FIRST_DAY: Final = (EPOCH.replace(year=1900) - EPOCH).days

Counts = npt.NDArray[np.int32]
Groups = tuple[Integers, Counts, Counts, Integers]  # packed day and key, total, on time, margin


class DayCounts:
    """Counts attended rows per day and angel (or polo): total, on time, and the margin in seconds."""

    def __init__(self) -> None:
        self._merged: list[Groups] = []
        self._pending: list[Groups] = []
        self._size = 0

    @property
    def full(self) -> bool:
        return bool(self._merged) and len(self._merged[0][0]) > MAX_GROUPS

    def add(self, keys: Integers, visits: Integers, margins: Integers) -> None:
        """Count rows; `visits` in seconds since 2000-01-01, `margins` deadline minus visit in seconds."""
        if not len(keys):
            return
        packed = (visits // DAY_SECONDS - _FIRST_DAY << _DAY_SHIFT) | keys
        ones = np.ones(len(keys), np.int32)
        self._pending.append(_summed([(packed, ones, (margins >= 0).astype(np.int32), margins)]))
        self._size += len(self._pending[-1][0])
        if self._size > _MERGE_AT:
            self._merge()

    def take(self) -> tuple[npt.NDArray[Any], ...]:
        """Return days since 2000-01-01, keys, totals, on time and margins, and forget them.

        One entry per day and key, in order.
        """
        self._merge()
        if not self._merged:
            return (np.empty(0, np.int64),) * 5
        packed, total, on_time, margin = self._merged.pop()
        return (packed >> _DAY_SHIFT) + _FIRST_DAY, packed & _KEY_MASK, total, on_time, margin

    def _merge(self) -> None:
        parts = self._merged + self._pending
        self._pending, self._size = [], 0
        if parts:
            self._merged = [_summed(parts)]


class DistinctIds:
    """Collects the distinct ids of the clientes."""

    def __init__(self) -> None:
        self._merged: Integers = np.empty(0, np.int64)
        self._pending: list[Integers] = []
        self._size = 0

    @property
    def full(self) -> bool:
        return len(self._merged) > MAX_CLIENTES

    def add(self, ids: Integers) -> None:
        """Remember `ids`."""
        self._pending.append(ids.copy())
        self._size += len(ids)
        if self._size > _MERGE_AT:
            self._merge()

    def take(self) -> Integers:
        """Return the ids in order, and forget them."""
        self._merge()
        ids, self._merged = self._merged, np.empty(0, np.int64)
        return ids

    def _merge(self) -> None:
        ids = np.sort(np.concatenate([self._merged, *self._pending]))
        self._merged, self._pending, self._size = ids[_firsts(ids)], [], 0


def months_of(*groups: npt.NDArray[Any]) -> tuple[npt.NDArray[Any], ...]:
    """Return the first days of months, keys, totals, on time, margins and active days that the counts per day make."""
    days, keys, total, on_time, margin = groups
    first_days = (days + _EPOCH_DAY).astype("datetime64[M]").astype("datetime64[D]") - _EPOCH_DAY
    packed = (first_days.astype(np.int64) - _FIRST_DAY << _DAY_SHIFT) | keys
    order = np.argsort(packed)
    packed = packed[order]
    first = _firsts(packed)
    columns = (total, on_time, margin, np.ones(len(days), np.int64))
    sums = [np.add.reduceat(column[order], first) if len(first) else column for column in columns]
    return (packed[first] >> _DAY_SHIFT) + _FIRST_DAY, packed[first] & _KEY_MASK, *sums


def to_date_of(*groups: npt.NDArray[Any]) -> Iterator[tuple[npt.NDArray[Any], ...]]:
    """Yield the marks, keys, totals, on time, margins and active days of the counts to date (src/domain/period.py)
    that the counts per day make: of each key and year those of all marks from its first visit of the year on.

    They come in pieces, for there may be 24 of them for one count; in order within a piece.
    """
    days, keys, total, on_time, margin = groups
    months = (days + _EPOCH_DAY).astype("datetime64[M]")
    years = months.astype("datetime64[Y]")
    second = (days + _EPOCH_DAY - months.astype("datetime64[D]")).astype(np.int64) >= _HALF_DAYS
    halves = (months - years.astype("datetime64[M]")).astype(np.int64) * 2 + second
    each, places = np.unique((years.astype(np.int64) << _DAY_SHIFT) | keys, return_inverse=True)
    places = places * _MARKS + halves
    order = np.argsort(places, kind="stable")
    places = places[order]
    for start in range(0, len(each), _PIECE):
        piece = slice(*np.searchsorted(places, [start * _MARKS, (start + _PIECE) * _MARKS]))
        columns = (column[order[piece]] for column in (total, on_time, margin))
        yield _to_date_of_some(each[start : start + _PIECE], places[piece] - start * _MARKS, *columns)


def _to_date_of_some(each: Integers, places: Integers, *columns: npt.NDArray[Any]) -> tuple[npt.NDArray[Any], ...]:
    """Return them of some packed years and keys; `places`, in order, are those of the counts among all their marks."""
    first = _firsts(places)
    dense = []
    for column in (*columns, np.ones(len(places), np.int64)):
        sums = np.zeros(len(each) * _MARKS, np.int64)
        sums[places[first]] = np.add.reduceat(column, first, dtype=np.int64)
        dense.append(sums.reshape(-1, _MARKS).cumsum(axis=1).T.ravel())
    marks = _marks_of((each >> _DAY_SHIFT).astype("datetime64[Y]")).T.ravel()
    some = np.flatnonzero(dense[0])
    some = some[np.argsort(marks[some], kind="stable")]
    return marks[some], np.tile(each & _KEY_MASK, _MARKS)[some], *(column[some] for column in dense)


def _marks_of(years: npt.NDArray[np.datetime64]) -> npt.NDArray[np.int64]:
    """Return the marks of each year, one row a year, in days since 2000-01-01."""
    months = years.astype("datetime64[M]")[:, None] + np.arange(12)
    middles = months.astype("datetime64[D]") + (_HALF_DAYS - 1)
    ends = (months + 1).astype("datetime64[D]") - 1
    marks = np.stack([middles, ends], axis=2).reshape(len(years), _MARKS) - _EPOCH_DAY
    return marks.astype(np.int64)


def _summed(parts: list[Groups]) -> Groups:
    """Return one entry per distinct key, in order, the others summed; one column at a time, to need little memory."""
    packed = np.concatenate([part[0] for part in parts])
    order = np.argsort(packed)
    packed = packed[order]
    first = _firsts(packed)
    total = np.add.reduceat(np.concatenate([part[1] for part in parts])[order], first)
    on_time = np.add.reduceat(np.concatenate([part[2] for part in parts])[order], first)
    margin = np.add.reduceat(np.concatenate([part[3] for part in parts])[order], first)
    return packed[first], total, on_time, margin


def _firsts(ordered: Integers) -> Integers:
    """Return where each distinct value begins. (np.unique hashes, at ten times the cost of sorting.)"""
    return np.flatnonzero(np.diff(ordered, prepend=ordered[:1] - 1))
