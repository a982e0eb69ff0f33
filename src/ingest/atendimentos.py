"""Blocks of a file of atendimentos as validated columns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from src.domain.dates import DateRules, ImplausibleDate, NotADate, parse_deadline, parse_visit
from src.domain.rows import MAX_GIVEN_ID, Fault, InvalidRow, atendimento_row
from src.domain.status import CANCELLED, DONE, PENDING, STATUSES
from src.ingest.columns import (
    DAY_SECONDS,
    EPOCH,
    UNSAID,
    Bytes,
    Integers,
    Mask,
    read_ids,
    read_status,
    read_times,
    read_words,
)
from src.ingest.date_order import DateOrder
from src.ingest.layout import Layout
from src.ingest.lines import Cells, Lines, Record, joined, lines_of
from src.ingest.nomes import Nomes
from src.ingest.rejections import Rejection, reject, wanted_fields
from src.ingest.source import Block

# A valid row. Times are seconds since 2000-01-01, local; data_de_atendimento means nothing without `has_visit`.
# `status` is what the file says: a place in STATUSES, or UNSAID.
ROW: Final = np.dtype(
    [
        ("line", np.int64),
        ("id", np.int64),
        ("id_cliente", np.int64),
        ("data_limite", np.int64),
        ("data_de_atendimento", np.int64),
        ("angel", np.int32),
        ("polo", np.int32),
        ("has_visit", np.bool_),
        ("status", np.int8),
    ]
)
Rows = npt.NDArray[Any]
CANCELLED_CODE: Final = STATUSES.index(CANCELLED)
_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Batch:
    """What a block held: the valid rows in the order of their lines, and the refused ones.

    `angel` and `polo` are numbers of the reader's dictionaries; `consumed` counts bytes of the stored file. `lines` are
    kept if a row may yet be rejected: it has an id that only the server gives.
    """

    rows: Rows
    rejections: list[Rejection]
    consumed: int
    lines: Lines | None = None

    @property
    def rows_read(self) -> int:
        return len(self.rows) + len(self.rejections)

    def reject(self, faults: Mapping[int, Fault]) -> Batch:
        """Return the batch without the rows of these lines, which are rejected for these faults."""
        assert self.lines is not None
        lines = np.array(list(faults), np.int64)
        rejected = [reject(record, faults[record.line]) for record in self.lines.records_of(lines)]
        rejections = sorted([*self.rejections, *rejected], key=lambda rejection: rejection.line)
        return replace(self, rows=self.rows[~np.isin(self.rows["line"], lines)], rejections=rejections)


class AtendimentoReader:
    """Reads blocks into batches. What can't be read by whole columns goes row by row through `src/domain/rows.py`."""

    def __init__(self, layout: Layout, rules: DateRules, angels: Nomes, polos: Nomes) -> None:
        self.layout = layout
        self.rules = rules
        self.angels = angels
        self.polos = polos
        # A file has few days and many rows.
        self._deadline = lru_cache(16_384)(lambda text: _seconds(parse_deadline(text.decode(), rules)))
        self._visit = lru_cache(16_384)(lambda text: parse_visit(text.decode(), rules))
        self._orders = (DateOrder("data_limite"), DateOrder("data_de_atendimento"))

    def batches(self, blocks: Iterator[Block]) -> Iterator[Batch]:
        """Yield a batch for each block. Raises InvalidFile behind the last one if the file's dates are month first."""
        for lines in lines_of(blocks, self.layout):
            batch = self._batch(lines)
            rows = batch.rows
            is_proven = (rows["id"] <= MAX_GIVEN_ID).all() and (rows["id_cliente"] <= MAX_GIVEN_ID).all()
            yield batch if is_proven else replace(batch, lines=lines)
        for order in self._orders:
            order.require_day_first()

    def _batch(self, lines: Lines) -> Batch:
        rows, readable = self._columns(lines.cells)
        if readable.all() and not lines.records:
            return Batch(rows, [], lines.block.consumed)
        quoted, left = self._quoted(lines.records)
        others, rejections = self._one_by_one([*left, *lines.plain_records(np.flatnonzero(~readable))])
        if not len(quoted) and not len(others):
            return Batch(rows[readable], rejections, lines.block.consumed)
        rows = np.concatenate([rows[readable], quoted, others])
        return Batch(rows[np.argsort(rows["line"], kind="stable")], rejections, lines.block.consumed)

    def _quoted(self, records: list[Record]) -> tuple[Rows, list[Record]]:
        """Return the rows of the records that columns can read once their quotes are gone, and the other records."""
        regular = [record for record in records if record.is_regular(self.layout)]
        if not regular:
            return np.empty(0, ROW), records
        rows, readable = self._columns(joined(regular, self.layout))
        done = set(rows["line"][readable].tolist())
        return rows[readable], [record for record in records if record.line not in done]

    def _columns(self, cells: Cells) -> tuple[Rows, Mask]:
        """Return the rows, and the mask of those of which every column could be read."""
        text, starts, ends = cells.text, cells.starts, cells.ends
        bounds = list(zip(starts.T, ends.T, strict=True))
        rows = np.empty(len(starts), ROW)
        rows["line"] = cells.numbers
        rows["id"], readable = read_ids(text, *bounds[0])
        rows["id_cliente"], ok = read_ids(text, *bounds[1])
        readable &= ok
        rows["angel"], ok = self._nomes(self.angels, text, *bounds[2])
        readable &= ok
        rows["polo"], ok = self._nomes(self.polos, text, *bounds[3])
        readable &= ok
        rows["data_limite"], ok = self._deadlines(text, *bounds[4])
        readable &= ok
        rows["data_de_atendimento"], rows["has_visit"], ok = self._visits(text, *bounds[5])
        readable &= ok
        rows["status"], ok = self._statuses(rows["has_visit"], text, bounds[6:])
        return rows, readable & ok

    def _nomes(self, nomes: Nomes, text: Bytes, starts: Integers, ends: Integers) -> tuple[Integers, Mask]:
        words, lengths, ok = read_words(text, starts, ends)
        if self.layout.harmless:
            ok &= ~_have(text, ord("'"), starts, ends)
        numbers = nomes.lookup(words, lengths)
        return numbers, ok & (numbers > 0)

    def _deadlines(self, text: Bytes, starts: Integers, ends: Integers) -> tuple[Integers, Mask]:
        seconds, ok, is_day = read_times(text, starts, ends)
        self._orders[0].look_at_columns(text, starts, ends, ok)
        seconds += is_day * (DAY_SECONDS - 1)
        ok &= (seconds >= _seconds(self.rules.first)) & (seconds <= _seconds(self.rules.last_deadline))
        for row in np.flatnonzero(~ok).tolist():
            with suppress(NotADate, ImplausibleDate, UnicodeDecodeError):
                field = text[starts[row] : ends[row]].tobytes()
                seconds[row] = self._deadline(field)
                ok[row] = True
                self._orders[0].look_at(field.decode())
        return seconds, ok

    def _visits(self, text: Bytes, starts: Integers, ends: Integers) -> tuple[Integers, Mask, Mask]:
        """Return the times, the mask of those that there are, and the mask of the fields that could be read."""
        seconds, made, _ = read_times(text, starts, ends)
        self._orders[1].look_at_columns(text, starts, ends, made)
        made &= (seconds >= _seconds(self.rules.first)) & (seconds <= _seconds(self.rules.last_visit))
        length = ends - starts
        ok = made | (length == 0) | ((length == 1) & (text[starts] == ord("-")))
        for row in np.flatnonzero(~ok).tolist():
            with suppress(NotADate, ImplausibleDate, UnicodeDecodeError):
                field = text[starts[row] : ends[row]].tobytes()
                visit = self._visit(field)
                seconds[row] = _seconds(visit or EPOCH)
                made[row] = visit is not None
                ok[row] = True
                self._orders[1].look_at(field.decode())
        return seconds, made, ok

    def _statuses(
        self, has_visit: Mask, text: Bytes, bounds: list[tuple[Integers, Integers]]
    ) -> tuple[npt.NDArray[np.int8], Mask]:
        """Return what the column of the status says, if there is one; what contradicts the visit is not readable."""
        if not bounds:
            return np.full(len(has_visit), UNSAID, np.int8), np.ones(len(has_visit), np.bool_)
        said, ok = read_status(text, *bounds[0])
        follows_visit = np.where(has_visit, STATUSES.index(DONE), STATUSES.index(PENDING))
        return said, ok & ((said == UNSAID) | (said == CANCELLED_CODE) | (said == follows_visit))

    def _one_by_one(self, records: Iterable[Record]) -> tuple[Rows, list[Rejection]]:
        rows, rejections = [], []
        for record in records:
            try:
                rows.append(self._row(record))
            except InvalidRow as refusal:
                rejections.append(reject(record, refusal.fault))
        rejections.sort(key=lambda rejection: rejection.line)
        return np.array(rows, ROW), rejections

    def _row(self, record: Record) -> tuple[int | bool, ...]:
        fields = wanted_fields(record, self.layout)
        for order, text in zip(self._orders, fields[4:6], strict=True):
            order.look_at(text, record.line)
        row = atendimento_row(fields, self.rules)
        return (
            record.line,
            row.id,
            row.id_cliente,
            _seconds(row.data_limite),
            _seconds(row.data_de_atendimento or EPOCH),
            self.angels.number(row.angel),
            self.polos.number(row.polo),
            row.data_de_atendimento is not None,
            UNSAID if row.status is None else STATUSES.index(row.status),
        )


def _have(text: Bytes, byte: int, starts: Integers, ends: Integers) -> Mask:
    """Return which of the fields have that byte in them."""
    places = np.flatnonzero(text == byte)
    found: Mask = np.searchsorted(places, starts) < np.searchsorted(places, ends)
    return found


def _seconds(moment: datetime) -> int:
    return (moment - EPOCH) // _SECOND
