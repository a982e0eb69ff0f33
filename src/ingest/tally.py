"""Counting while reading: what a first load needs to know of all rows, so that no second pass over them is needed.

Both counters hold a bounded number of entries; beyond it they give up, say so, and the database counts instead.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from src.ingest.columns import DAY_SECONDS, EPOCH, Integers

# A group takes 32 bytes, an id 8; merging needs as much again for a moment.
MAX_GROUPS: Final = 1_500_000
MAX_CLIENTES: Final = 4_000_000
_MERGE_AT: Final = 400_000
# A day and a key in one integer: the day above, so that groups come out in the order of the rollups' keys.
_DAY_SHIFT: Final = 45
_KEY_MASK: Final = (1 << _DAY_SHIFT) - 1
_FIRST_DAY: Final = (EPOCH.replace(year=1900) - EPOCH).days

Groups = tuple[Integers, Integers, Integers, Integers]


class DayCounts:
    """Counts attended rows per day and angel (or polo): total, on time, and the margin in seconds."""

    def __init__(self) -> None:
        self.overflowed = False
        self._merged: list[Groups] = []
        self._pending: list[Groups] = []
        self._size = 0

    def add(self, keys: Integers, visits: Integers, margins: Integers) -> None:
        """Count rows; `visits` in seconds since 2000-01-01, `margins` deadline minus visit in seconds."""
        if self.overflowed or not len(keys):
            return
        packed = (visits // DAY_SECONDS - _FIRST_DAY << _DAY_SHIFT) | keys
        ones = np.ones(len(keys), np.int64)
        self._pending.append(_summed((packed, ones, (margins >= 0).astype(np.int64), margins)))
        self._size += len(self._pending[-1][0])
        if self._size > _MERGE_AT:
            self._merge()

    def groups(self) -> tuple[Integers, ...]:
        """Return days since 2000-01-01, keys, totals, on time and margins: one entry per day and key, in order."""
        self._merge()
        if not self._merged:
            return (np.empty(0, np.int64),) * 5
        packed, *sums = self._merged[0]
        return (packed >> _DAY_SHIFT) + _FIRST_DAY, packed & _KEY_MASK, *sums

    def _merge(self) -> None:
        parts = self._merged + self._pending
        self._pending, self._size = [], 0
        if parts:
            packed, total, on_time, margin = (np.concatenate(columns) for columns in zip(*parts, strict=True))
            self._merged = [_summed((packed, total, on_time, margin))]
            self.overflowed = len(self._merged[0][0]) > MAX_GROUPS
        if self.overflowed:
            self._merged = []


class DistinctIds:
    """Collects the distinct ids of the clientes."""

    def __init__(self) -> None:
        self.overflowed = False
        self._merged: Integers = np.empty(0, np.int64)
        self._pending: list[Integers] = []
        self._size = 0

    def add(self, ids: Integers) -> None:
        """Remember `ids`."""
        if self.overflowed:
            return
        self._pending.append(ids.copy())
        self._size += len(ids)
        if self._size > _MERGE_AT:
            self._merge()

    def ids(self) -> Integers:
        """Return the ids in order."""
        self._merge()
        return self._merged

    def _merge(self) -> None:
        ids = np.sort(np.concatenate([self._merged, *self._pending]))
        self._merged, self._pending, self._size = ids[_firsts(ids)], [], 0
        self.overflowed = len(self._merged) > MAX_CLIENTES
        if self.overflowed:
            self._merged = np.empty(0, np.int64)


def _summed(groups: Groups) -> Groups:
    """Return one entry per distinct first column, in its order, the others summed."""
    packed, *values = groups
    order = np.argsort(packed)
    packed = packed[order]
    first = _firsts(packed)
    total, on_time, margin = (np.add.reduceat(column[order], first) for column in values)
    return packed[first], total, on_time, margin


def _firsts(ordered: Integers) -> Integers:
    """Return where each distinct value begins. (np.unique hashes, at ten times the cost of sorting.)"""
    return np.flatnonzero(np.diff(ordered, prepend=ordered[:1] - 1))
