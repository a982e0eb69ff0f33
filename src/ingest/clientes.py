"""Blocks of a file of clientes as validated rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from src.domain.rows import ClienteRow, Fault, InvalidRow, cliente_row
from src.ingest.layout import Layout
from src.ingest.lines import Lines, Record, lines_of
from src.ingest.rejections import MAX_RAW_LENGTH, Rejection, reject, wanted_fields
from src.ingest.source import Block


@dataclass(frozen=True, slots=True)
class ClienteBatch:
    """What a block held: (line, row, raw) of the valid rows, and the rejected ones."""

    rows: list[tuple[int, ClienteRow, str]]
    rejections: list[Rejection]
    consumed: int

    @property
    def rows_read(self) -> int:
        return len(self.rows) + len(self.rejections)

    def reject(self, faults: Mapping[int, Fault]) -> ClienteBatch:
        """Return the batch without the rows of these ids, which are rejected for these faults."""
        rejected = [
            Rejection(line, fault.column, fault.code, fault.reason, raw)
            for line, row, raw in self.rows
            if (fault := faults.get(row.id))
        ]
        rejections = sorted([*self.rejections, *rejected], key=lambda rejection: rejection.line)
        return replace(self, rows=[each for each in self.rows if each[1].id not in faults], rejections=rejections)


def cliente_batches(blocks: Iterator[Block], layout: Layout) -> Iterator[ClienteBatch]:
    """Yield a batch for each block."""
    for lines in lines_of(blocks, layout):
        yield _batch(lines, layout)


def _batch(lines: Lines, layout: Layout) -> ClienteBatch:
    batch = ClienteBatch([], [], lines.block.consumed)
    for record in (*lines.records, *lines.plain_records(np.arange(len(lines.cells.numbers)))):
        _read(record, layout, batch)
    batch.rejections.sort(key=lambda rejection: rejection.line)
    return batch


def _read(record: Record, layout: Layout, batch: ClienteBatch) -> None:
    try:
        row = cliente_row(wanted_fields(record, layout))
    except InvalidRow as refusal:
        batch.rejections.append(reject(record, refusal.fault))
    else:
        batch.rows.append((record.line, row, record.raw[: MAX_RAW_LENGTH + 1]))
