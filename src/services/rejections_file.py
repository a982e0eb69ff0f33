"""Rejected rows as the file they came from, to be corrected and sent again."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import Row

from src.domain.formats import CSV, XLSX, FileFormat
from src.domain.spreadsheet import REFUSAL_COLUMNS, harmless, is_harmless, is_refused_rows, original
from src.errors import InvalidFields
from src.ingest.quotes import ESCAPED_QUOTE, Ending, split
from src.repositories.lists import Wanted
from src.services.exports import DIALECTS, text_blocks
from src.services.imports import stream_rejections
from src.services.storage import uploads
from src.services.workbooks import text_workbook

DEFAULT_DELIMITER = ";"
BY_LINE = Wanted(order_by="line")
# A workbook is complete before its first byte is sent: so many cells take 10 s on an idle core. nginx waits 65 s.
MAX_WORKBOOK_CELLS = 1_000_000


def rejections_file(import_: Row[Any], format: FileFormat = CSV, wanted: Wanted = BY_LINE) -> Iterator[bytes]:
    """Give the import's rejected rows in blocks: the original columns, then line and reason.

    A CSV is separated as the import's file was. Raises InvalidFields if they are too many for a workbook.
    """
    delimiter = import_.delimiter or DEFAULT_DELIMITER
    header, rows = file_rows(import_.header or [], delimiter, stream_rejections(import_.id, wanted))
    if format is XLSX:
        _refuse_too_many(len(header) * min(import_.rows_rejected, wanted.limit or import_.rows_rejected))
        return _workbook(header, rows)
    dialect = DIALECTS[format]
    texts = (map(dialect.text_of, row) for row in rows)
    return text_blocks([*map(harmless, header)], texts, delimiter if format is CSV else dialect.delimiter, dialect.mark)


def write_rejections(import_: Row[Any], target: Path, format: FileFormat = CSV) -> None:
    """Write the import's rejected rows to `target`, replacing what is there."""
    with target.open("wb") as file:
        file.writelines(rejections_file(import_, format))


def file_rows(header: list[str], delimiter: str, rows: Iterable[Any]) -> tuple[list[str], Iterator[list[str | int]]]:
    """Return the file's header, and a row of equal width for each rejected one (`line`, `reason`, `raw`)."""
    columns = original_cells(header, header)

    def cells_of(row: Any) -> list[str | int]:
        cells = fit(original_cells(_cells(row.raw, delimiter), header), len(columns), delimiter)
        return [*cells, row.line, row.reason]

    return [*columns, *REFUSAL_COLUMNS], map(cells_of, rows)


def _workbook(header: list[str], rows: Iterable[list[str | int]]) -> Iterator[bytes]:
    with uploads().scratch() as folder:
        yield from text_workbook("rejected", header, rows, folder)


def _refuse_too_many(cells: int) -> None:
    if cells > MAX_WORKBOOK_CELLS:
        sentence = f"These are {cells:,} cells; a workbook has at most {MAX_WORKBOOK_CELLS:,}. Use csv-br, or a limit."
        raise InvalidFields(sentence, {"format": [sentence]})


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
