"""Blocks of a file of clientes as validated rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from src.domain.rows import ClienteRow, InvalidRow, cliente_row
from src.ingest.layout import Layout
from src.ingest.lines import Lines, Record, lines_of
from src.ingest.rejections import MAX_RAW_LENGTH, Rejection, reject, wanted_fields
from src.ingest.source import Block


@dataclass(frozen=True, slots=True)
class ClienteBatch:
    """What a block held: (line, row, raw) of the valid rows, and the refused ones."""

    rows: list[tuple[int, ClienteRow, str]]
    rejections: list[Rejection]
    consumed: int

    @property
    def rows_read(self) -> int:
        return len(self.rows) + len(self.rejections)


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
        batch.rows.append((record.line, row, record.raw[:MAX_RAW_LENGTH]))
