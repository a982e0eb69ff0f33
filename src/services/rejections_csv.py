"""Rejected rows as the file they came from, to be corrected and sent again."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import Row

from src.domain.spreadsheet import REFUSAL_COLUMNS, harmless, is_harmless, is_refused_rows, original
from src.ingest.quotes import ESCAPED_QUOTE, Ending, split
from src.repositories.lists import Wanted
from src.services.imports import stream_rejections

DEFAULT_DELIMITER = ";"
BY_LINE = Wanted(order_by="line")
BLOCK_CHARACTERS = 64 * 1024


def rejections_csv(import_: Row[Any], wanted: Wanted = BY_LINE) -> Iterator[str]:
    """Give the import's rejected rows as CSV in blocks: the original columns, then line and reason."""
    rows = stream_rejections(import_.id, wanted)
    return csv_lines(import_.header or [], import_.delimiter or DEFAULT_DELIMITER, rows)


def write_rejections(import_: Row[Any], target: Path) -> None:
    """Write the import's rejected rows as CSV to `target`, replacing what is there."""
    with target.open("w", encoding="utf-8", newline="") as file:
        file.writelines(rejections_csv(import_))


def csv_lines(header: list[str], delimiter: str, rows: Iterable[Any]) -> Iterator[str]:
    """Give the file in blocks: `header` and the refusal's columns, then each row (`line`, `reason`, `raw`)."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=delimiter, lineterminator="\r\n")
    columns = original_cells(header, header)
    writer.writerow([*map(harmless, columns), *REFUSAL_COLUMNS])
    for row in rows:
        cells = fit(original_cells(_cells(row.raw, delimiter), header), len(columns), delimiter)
        writer.writerow([*map(harmless, cells), row.line, harmless(row.reason)])
        if buffer.tell() > BLOCK_CHARACTERS:
            yield buffer.getvalue()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue()


def original_cells(cells: list[str], header: list[str]) -> list[str]:
    """Return the cells of a row as they were before we wrote its file, if we did; others as they are.

    What was refused and is refused again is not to collect apostrophes, lines and reasons.
    """
    if is_refused_rows(header) and len(cells) == len(header):
        cells = cells[: -len(REFUSAL_COLUMNS)]
    return list(map(original, cells)) if is_harmless(header) else cells


def fit(cells: list[str], width: int, delimiter: str) -> list[str]:
    """Return exactly `width` cells: too few are filled up with empty ones, too many are left together in the last."""
    if not width or len(cells) <= width:
        return cells + [""] * (width - len(cells))
    return [*cells[: width - 1], delimiter.join(cells[width - 1 :])]


def _cells(raw: str, delimiter: str) -> list[str]:
    """Return the cells of a row as well as can be.

    One with the quotes of MySQL (`"Ana \\"Nena\\" Lima"`) is a single cell, to be put right by hand: read leniently it
    would bring another name with the next upload.
    """
    cells, ending = split(raw, delimiter)
    if ending is not Ending.BROKEN:
        return cells
    if ESCAPED_QUOTE in raw:
        return [raw]
    try:
        return next(csv.reader(io.StringIO(raw, newline=""), delimiter=delimiter), [])
    except csv.Error:
        return [raw]
