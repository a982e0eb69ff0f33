"""The answer key of a sample file: what a reader of it must find, counted while it is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np

from src.services.sample_data.dates import DAYS, FIRST_DAY
from src.services.sample_data.mess import BLANK_LINE, FAULTS
from src.services.sample_data.population import Population
from src.services.sample_data.rows import Batch
from src.services.sample_data.text import Flags, Ints

HEADER_LINES = 1


@dataclass(frozen=True, slots=True)
class Tally:
    """Attended visits of one angel or polo: how many, on time, days with any, sum of margins in seconds."""

    total: int
    on_time: int
    active_days: int
    margin_seconds: int


class DayCounts:
    """Attended visits of each name on each day."""

    def __init__(self, names: Sequence[str]) -> None:
        self._names = names
        self._total, self._on_time, self._margin = (np.zeros((len(names), DAYS), dtype=np.int64) for _ in range(3))

    def add(self, who: Ints, day: Ints, margin: Ints) -> None:
        """Count visits made by `who` on `day` with `margin` seconds left."""
        cell, cells, shape = who * DAYS + day, self._total.size, self._total.shape
        on_time = margin >= 0
        self._total += np.bincount(cell, minlength=cells).reshape(shape)
        self._on_time += np.bincount(cell[on_time], minlength=cells).reshape(shape)
        # The weights are floats, exact below 2**53: a batch's seconds are far under that.
        self._margin += np.bincount(cell, weights=margin, minlength=cells).astype(np.int64).reshape(shape)

    def between(self, start: date | None = None, end: date | None = None) -> dict[str, Tally]:
        """Return the tally of each name with a visit in the period, both days included; None is no limit."""
        since = max(0, (start - FIRST_DAY).days) if start else 0
        until = max(0, (end - FIRST_DAY).days + 1) if end else DAYS
        total, on_time, margin = (table[:, since:until] for table in (self._total, self._on_time, self._margin))
        rows = zip(total.sum(1), on_time.sum(1), (total > 0).sum(1), margin.sum(1), self._names, strict=True)
        return {name: Tally(int(n), int(o), int(d), int(m)) for n, o, d, m, name in rows if n}


@dataclass(frozen=True, slots=True)
class Rejection:
    """A row that must be rejected: its physical line (the header is 1), and the column, None if ragged."""

    line: int
    column: str | None


@dataclass(slots=True)
class SampleSummary:
    """What is in the file. `rows` = good + rejected; good = attended + pending + superseded.

    `pending` are visits not made yet, `clientes` the distinct ones of the good rows, `changed` the visits
    that `changed_percent` moved.
    """

    rows: int = 0
    good: int = 0
    rejected: int = 0
    superseded: int = 0
    attended: int = 0
    on_time: int = 0
    pending: int = 0
    changed: int = 0
    clientes: int = 0
    first_id: int = 0
    last_id: int = 0
    size_bytes: int = 0
    rejections: list[Rejection] = field(default_factory=list)
    by_angel: DayCounts = field(default_factory=lambda: DayCounts([]))
    by_polo: DayCounts = field(default_factory=lambda: DayCounts([]))


class AnswerKey:
    """Counts the batches of a file into `summary`, in their order."""

    def __init__(self, population: Population) -> None:
        self.summary = SampleSummary(by_angel=DayCounts(population.angels), by_polo=DayCounts(population.polos))
        self._next_line = HEADER_LINES + 1

    def add(self, batch: Batch) -> None:
        """Count the rows of the next batch."""
        summary, good, attended = self.summary, batch.fault < 0, batch.attended
        margin = batch.margins[attended]
        summary.first_id = summary.first_id or int(batch.ids[0])
        summary.last_id = int(batch.ids[-1])
        summary.rows += len(good)
        summary.good += _count(good)
        summary.rejected += _count(~good)
        summary.superseded += _count(batch.superseded)
        summary.attended += _count(attended)
        summary.on_time += _count(margin >= 0)
        summary.pending += _count(batch.survives & ~attended)
        summary.changed += batch.changed
        summary.by_angel.add(batch.angel[attended], batch.visit.day[attended], margin)
        summary.by_polo.add(batch.polo[attended], batch.visit.day[attended], margin)
        self._note_rejections(batch)

    def _note_rejections(self, batch: Batch) -> None:
        blank_after = batch.quirk == BLANK_LINE
        lines = self._next_line + np.arange(len(batch.ids)) + np.cumsum(blank_after) - blank_after
        for row in np.flatnonzero(batch.fault >= 0):
            self.summary.rejections.append(Rejection(int(lines[row]), FAULTS[batch.fault[row]][0]))
        self._next_line = int(lines[-1]) + 1 + int(blank_after[-1])


def _count(flags: Flags) -> int:
    return int(np.count_nonzero(flags))
