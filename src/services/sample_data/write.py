"""Writing a sample file, batch by batch."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from src.services.sample_data.key import AnswerKey, SampleSummary
from src.services.sample_data.lines import CLIENTES_HEADER, HEADER, ClienteWriter, LineWriter
from src.services.sample_data.rows import BATCH, Rows, Variation

PLAIN = Variation()


def write_sample(
    path: Path,
    rows: int,
    *,
    clientes_path: Path | None = None,
    seed: int = 2021,
    mess: bool = True,
    variation: Variation = PLAIN,
) -> SampleSummary:
    """Write `rows` atendimentos to `path`, and their clientes to `clientes_path`; return what is in them.

    With `mess` about 0.12 % of the rows are bad and as many are odd but right; dates come in many shapes
    either way. Memory does not grow with `rows`. ValueError for arguments that no file can have, OSError
    where a file can't be written.
    """
    if rows < 1:
        raise ValueError("A sample has at least one row.")
    source = Rows(rows, seed, mess, variation)
    key, writer = AnswerKey(source.population), LineWriter(source.population)
    with path.open("wb") as file:
        file.write(HEADER)
        for batch in source:
            file.write(writer.lines(batch))
            key.add(batch)
        key.summary.size_bytes = file.tell()
    key.summary.clientes = source.clientes
    if clientes_path is not None:
        _write_clientes(clientes_path, source.clientes, seed)
    return key.summary


def _write_clientes(path: Path, count: int, seed: int) -> None:
    writer = ClienteWriter(seed)
    with path.open("wb") as file:
        file.write(CLIENTES_HEADER)
        for start in range(0, count, BATCH):
            file.write(writer.lines(np.arange(start, min(start + BATCH, count))))
