"""Rows as a file that a spreadsheet opens safely; equal rows give equal bytes."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

from src.domain.spreadsheet import harmless

# A workbook says when it was made; with the clock in it, no two would have the same ETag.
MADE: Final = datetime(2000, 1, 1, tzinfo=UTC)


def csv_table(fields: Sequence[str], rows: Sequence[Sequence[Any]]) -> bytes:
    """Return the rows as CSV in UTF-8 with a header; None is an empty field."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(fields)
    writer.writerows(map(_cell, row) for row in rows)
    return out.getvalue().encode()


def xlsx_table(name: str, fields: Sequence[str], rows: Sequence[Sequence[Any]], notes: dict[str, Any]) -> bytes:
    """Return the rows as a workbook: a sheet `name` with a header, and a sheet of `notes`, a line each."""
    # Only this needs it, and most processes never write a workbook.
    import xlsxwriter

    out = io.BytesIO()
    with xlsxwriter.Workbook(
        out,
        {
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "default_date_format": "dd/mm/yyyy",
        },
    ) as book:
        book.set_properties({"created": MADE})
        sheet = book.add_worksheet(name)
        sheet.write_row(0, 0, fields)
        for number, row in enumerate(rows, 1):
            sheet.write_row(number, 0, map(_cell, row))
        _write_notes(book.add_worksheet("period"), notes)
    return out.getvalue()


def _write_notes(sheet: Any, notes: dict[str, Any]) -> None:
    for number, (label, value) in enumerate(notes.items()):
        sheet.write_row(number, 0, [label, _cell(value)])


def _cell(value: Any) -> Any:
    return harmless(value) if isinstance(value, str) else value
