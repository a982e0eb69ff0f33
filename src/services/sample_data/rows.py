"""The rows of a sample file, drawn a batch at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from src.services.sample_data.dates import FIRST_MADE, LAST_SECOND, Moments, draw_deadlines, draw_visits
from src.services.sample_data.mess import FAULTS, QUIRKS
from src.services.sample_data.population import FULL_CLIENTES, FULL_SIZE, Population
from src.services.sample_data.text import Draws, Flags, Ints

# Part of what makes a file repeatable: a batch draws column by column.
BATCH = 65_536


@dataclass(frozen=True, slots=True)
class Variation:
    """How a file differs from the plain one.

    `first_id` starts the ids there, with other draws than the plain file's; `population` is the number of
    rows of the file whose angels, polos and clientes are used (default: this one's). `changed_percent`
    moves that share of the visits by one to three days and leaves all else as it was. About `duplicates`
    ids (at most half of the rows) are given twice. Of a million rows `bad_per_million` are wrong, and as
    many odd but right, unless `mess` is off.
    """

    first_id: int = 1
    population: int | None = None
    changed_percent: int = 0
    duplicates: int = 0
    bad_per_million: int = 1_200


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows as drawn, the n-th of each array together.

    `fault` and `quirk` are indexes of FAULTS and QUIRKS, or -1; `superseded` are rows whose id comes again.
    """

    ids: Ints
    cliente: Ints
    angel: Ints
    polo: Ints
    deadline: Moments
    visit: Moments
    fault: Ints
    superseded: Flags
    changed: int
    quirk: Ints

    @property
    def survives(self) -> Flags:
        return (self.fault < 0) & ~self.superseded

    @property
    def attended(self) -> Flags:
        return self.survives & (self.visit.shape >= FIRST_MADE)

    @property
    def margins(self) -> Ints:
        """Seconds from the visit to the deadline, negative where it was late."""
        return self.deadline.stamps(LAST_SECOND) - self.visit.stamps(0)


class Rows:
    """Iterates over the batches of one file; equal arguments give equal batches."""

    def __init__(self, rows: int, seed: int, mess: bool, variation: Variation) -> None:
        if variation.duplicates * 2 > rows:
            raise ValueError("At most half of the rows can repeat an id.")
        self.population = Population(variation.population or rows, seed)
        self.clientes = 0 if variation.first_id == 1 else self.population.clientes
        self._rows, self._mess, self._variation = rows, mess, variation
        self._next_id = variation.first_id
        self._draws = Draws(seed, 2, variation.first_id)
        self._changes = Draws(seed, 3)

    def __iter__(self) -> Iterator[Batch]:
        for start in range(0, self._rows, BATCH):
            yield self._batch(start, min(BATCH, self._rows - start))

    def _batch(self, start: int, count: int) -> Batch:
        repeated = self._repeated(start, count)
        fault, quirk = self._mishaps(repeated, start, count)
        ids = self._ids(repeated, count)
        cliente = self._clientes(repeated, fault, count)
        angel, polo = self._workers(count)
        visit = draw_visits(self._draws, count)
        deadline = draw_deadlines(self._draws, visit.day)
        superseded = np.append(repeated[1:], False)
        visit, changed = self._changed(visit, (fault < 0) & ~superseded)
        return Batch(ids, cliente, angel, polo, deadline, visit, fault, superseded, changed, quirk)

    def _repeated(self, start: int, count: int) -> Flags:
        """Return which rows take the id of the row before; never the first of a batch, never two in a row."""
        steps = np.arange(start, start + count + 1) * self._variation.duplicates // self._rows
        repeated = np.diff(steps) > 0
        repeated[0] = False
        repeated[1:] &= ~repeated[:-1]
        return repeated

    def _mishaps(self, repeated: Flags, start: int, count: int) -> tuple[Ints, Ints]:
        """Draw faults and quirks; never a fault where an id repeats, nor at the file's first row."""
        paired = repeated | np.append(repeated[1:], False)
        paired[0] |= start == 0
        fault = self._some(len(FAULTS), self._variation.bad_per_million, count)
        fault[paired] = -1
        quirk = self._some(len(QUIRKS), self._variation.bad_per_million, count)
        quirk[fault >= 0] = -1
        return fault, quirk

    def _some(self, kinds: int, per_million: int, count: int) -> Ints:
        """Return a kind for `per_million` of a million rows, -1 for the others, and for all without mess."""
        chosen = self._draws.below(1_000_000, count) < per_million
        return np.where(chosen & self._mess, self._draws.below(kinds, count), -1)

    def _ids(self, repeated: Flags, count: int) -> Ints:
        """Return ids that increase by one, with a gap at one row in 300."""
        gap = np.where(self._draws.below(300, count) == 0, 1 + self._draws.below(20, count), 0)
        gap[0] = 0
        steps = np.where(repeated, 0, 1 + gap)
        ids = self._next_id - 1 + np.cumsum(steps)
        self._next_id = int(ids[-1]) + 1
        return ids

    def _clientes(self, repeated: Flags, fault: Ints, count: int) -> Ints:
        """Return the number of each row's cliente: a new one at 55 % of the rows, else one seen before.

        A bad row brings no new cliente, so that every cliente has a good row.
        """
        new = (self._draws.below(FULL_SIZE, count) < FULL_CLIENTES) & (fault < 0) & ~repeated
        new[0] |= self.clientes == 0
        known = self.clientes + np.cumsum(new) - new
        numbers = np.where(new, known, self._draws.below(np.maximum(known, 1), count))
        again = np.flatnonzero(repeated)
        numbers[again] = numbers[again - 1]
        self.clientes += int(new.sum())
        return numbers

    def _workers(self, count: int) -> tuple[Ints, Ints]:
        """Return angels, some busier than others, and polos: the angel's own, at 4 % of the rows the next."""
        population, draws = self.population, self._draws
        one, other = (draws.below(len(population.angels), count) for _ in range(2))
        angel = np.where(draws.below(4, count) == 0, np.minimum(one, other), one)
        away = draws.below(100, count) < 4
        return angel, (population.home[angel] + away) % len(population.polos)

    def _changed(self, visit: Moments, eligible: Flags) -> tuple[Moments, int]:
        """Move `changed_percent` of the visits; from a stream of its own, so that nothing else moves."""
        if not self._variation.changed_percent:
            return visit, 0
        count = len(eligible)
        chosen = self._changes.below(100, count) < self._variation.changed_percent
        moved = chosen & eligible & (visit.shape >= FIRST_MADE)
        day = visit.day + np.where(moved, 1 + self._changes.below(3, count), 0)
        return Moments(day, visit.second, visit.shape), int(moved.sum())
