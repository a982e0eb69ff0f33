"""Which ids of a file have come before: exact within a bound of memory, and honest where it would be exceeded."""

from __future__ import annotations

from typing import Final

import numpy as np

from src.ingest.columns import Integers, Mask

# Ids below are a map of one byte each, touched only where ids are; those above a sorted list of at most so many.
MAPPED_IDS: Final = 2**26
LISTED_IDS: Final = 4_000_000


class SeenIds:
    """Finds the rows that repeat an id of the same file.

    `exact` turns false once more ids than LISTED_IDS lie beyond the map; from then on repeats go unnoticed, and the
    database has to look for them.
    """

    def __init__(self) -> None:
        self.exact = True
        self.repeats = 0
        self._map: Mask = np.zeros(0, np.bool_)
        self._listed: Integers = np.empty(0, np.int64)

    def repeated(self, ids: Integers) -> Mask:
        """Remember `ids`, and return the mask of those that came before, in this call or an earlier one."""
        mapped = ids < MAPPED_IDS
        repeated = np.zeros(len(ids), np.bool_)
        if mapped.all():
            repeated = self._repeated_in_map(ids)
        else:
            repeated[mapped] = self._repeated_in_map(ids[mapped])
            repeated[~mapped] = self._repeated_in_list(ids[~mapped])
        self.repeats += int(repeated.sum())
        return repeated

    def _repeated_in_map(self, ids: Integers) -> Mask:
        highest = int(ids.max(initial=0))
        if highest >= len(self._map):
            grown = np.zeros(min(max(2 * len(self._map), highest + 1, 2**20), MAPPED_IDS), np.bool_)
            grown[: len(self._map)] = self._map
            self._map = grown
        before = self._map[ids]
        self._map[ids] = True
        return before | _repeated_within(ids)

    def _repeated_in_list(self, ids: Integers) -> Mask:
        if len(self._listed) + len(ids) > LISTED_IDS:
            self.exact = False
            self._listed = np.empty(0, np.int64)
        if not self.exact:
            return np.zeros(len(ids), np.bool_)
        at = np.minimum(np.searchsorted(self._listed, ids), max(len(self._listed) - 1, 0))
        before = self._listed[at] == ids if len(self._listed) else np.zeros(len(ids), np.bool_)
        self._listed = np.union1d(self._listed, ids)
        return before | _repeated_within(ids)


def _repeated_within(ids: Integers) -> Mask:
    """Return the mask of the ids that stand earlier in `ids` too."""
    if len(ids) < 2 or (np.diff(ids) > 0).all():
        return np.zeros(len(ids), np.bool_)
    repeated = np.ones(len(ids), np.bool_)
    repeated[np.unique(ids, return_index=True)[1]] = False
    return repeated
