"""Workbooks (xlsx) that need no work: bold frozen header, filter, widths, percentages and real dates."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

from src.domain.figures import decimals_of, percent_decimals_of
from src.domain.indicators import RATIOS
from src.domain.spreadsheet import harmless

# A workbook says when it was made; with the clock in it, no two would have the same ETag.
MADE: Final = datetime(2000, 1, 1, tzinfo=UTC)
OPTIONS: Final = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
MAX_CELL_CHARACTERS: Final = 32_767  # Excel's limit; a longer text would not be written at all
MIN_WIDTH: Final = 10
MAX_WIDTH: Final = 60
ARROW_WIDTH: Final = 4  # characters that the arrow of a filter covers
TEXT_WIDTH: Final = 24
DECIMALS: Final = 2
BLOCK_BYTES: Final = 64 * 1024
DATE: Final = "dd/mm/yyyy"
TEXT: Final = "@"


def indicator_workbook(name: str, fields: Sequence[str], rows: Sequence[Sequence[Any]], notes: dict[str, Any]) -> bytes:
    """Return the rows as a workbook: a sheet `name` with a header, and a sheet `period` of `notes`, a line each."""
    out = io.BytesIO()
    book = _Book(out)
    sheet = book.sheet(name, fields)
    for number, row in enumerate(rows, 1):
        for column, value in enumerate(row):
            book.write(sheet, number, column, value, is_ratio=fields[column] in RATIOS)
    for column, field in enumerate(fields):
        longest = max((len(row[column]) for row in rows if isinstance(row[column], str)), default=0)
        sheet.set_column(column, column, _width(max(len(field) + ARROW_WIDTH, longest)))
    sheet.autofilter(0, 0, len(rows), len(fields) - 1)
    _write_notes(book, notes)
    book.close()
    return out.getvalue()


def text_workbook(
    name: str, fields: Sequence[str], rows: Iterable[Sequence[str | int]], folder: Path
) -> Iterator[bytes]:
    """Give a workbook of one sheet in blocks, whose texts stay texts, as do those that are typed into it later.

    It is built in `folder`: the memory stays flat.
    """
    path = folder / f"{name}.xlsx"
    book = _Book(path, folder)
    sheet = book.sheet(name, fields)
    sheet.set_column(0, len(fields) - 1, TEXT_WIDTH, book.format(TEXT))
    count = 0
    for count, row in enumerate(rows, 1):
        for column, value in enumerate(row):
            book.write(sheet, count, column, value, text_format=TEXT)
    sheet.autofilter(0, 0, count, len(fields) - 1)
    book.close()
    with path.open("rb") as file:
        while block := file.read(BLOCK_BYTES):
            yield block


class _Book:
    """A workbook under way, in memory or, with a folder for what is not written yet, on the disk."""

    def __init__(self, out: io.BytesIO | Path, folder: Path | None = None) -> None:
        # Only this needs it, and most processes never write a workbook.
        import xlsxwriter

        target = str(out) if isinstance(out, Path) else out
        self._book = xlsxwriter.Workbook(target, OPTIONS | ({"tmpdir": str(folder)} if folder else {}))
        self._book.set_properties({"created": MADE})
        self._formats: dict[str, Any] = {}
        self._bold = self._book.add_format({"bold": True, "bottom": 1})

    def sheet(self, name: str, fields: Sequence[str] = ()) -> Any:
        """Add a sheet; a header, if it has one, stays in sight."""
        sheet = self._book.add_worksheet(name)
        for column, field in enumerate(fields):
            sheet.write_string(0, column, harmless(field)[:MAX_CELL_CHARACTERS], self._bold)
        if fields:
            sheet.freeze_panes(1, 0)
            sheet.repeat_rows(0)
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)  # printed, it is one page wide
        return sheet

    def format(self, number_format: str) -> Any:
        """Return the cell format that shows numbers so."""
        if number_format not in self._formats:
            self._formats[number_format] = self._book.add_format({"num_format": number_format})
        return self._formats[number_format]

    def write(
        self, sheet: Any, row: int, column: int, value: Any, *, is_ratio: bool = False, text_format: str = ""
    ) -> None:
        """Write the value as what it is; nothing for None."""
        if value is None:
            return
        if isinstance(value, str):
            text = harmless(value)[:MAX_CELL_CHARACTERS]
            sheet.write_string(row, column, text, self.format(text_format) if text_format else None)
        elif isinstance(value, bool):
            sheet.write_boolean(row, column, value)
        elif isinstance(value, date):
            sheet.write_datetime(row, column, value, self.format(DATE))
        else:
            sheet.write_number(row, column, value, self.format(_number_format(value, is_ratio)))

    def close(self) -> None:
        """Write what is still to be written."""
        self._book.close()


def _write_notes(book: _Book, notes: dict[str, Any]) -> None:
    sheet = book.sheet("period")
    for number, (label, value) in enumerate(notes.items()):
        sheet.write_string(number, 0, label, book._bold)
        book.write(sheet, number, 1, value)
    sheet.set_column(0, 0, _width(max(map(len, notes))))
    sheet.set_column(1, 1, _width(len(DATE) + 2))


def _number_format(value: float, is_ratio: bool) -> str:
    """Return the format of a number's cell: it shows 100 % only for 1 and 0 only for 0, as a table does."""
    if isinstance(value, int):
        return "0"
    decimals = percent_decimals_of(value, DECIMALS) if is_ratio else decimals_of(value, DECIMALS)
    return f"{'0' if is_ratio else '#,##0'}.{'0' * decimals}{'%' if is_ratio else ''}"


def _width(characters: int) -> int:
    return min(max(characters + 1, MIN_WIDTH), MAX_WIDTH)
