"""Workbooks as another library reads them."""

from __future__ import annotations

import io
import tracemalloc
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from src.domain.indicators import PRODUCTIVITY, SLA_ANGEL
from src.services.workbooks import indicator_workbook, text_workbook

LONG = "Gabriel Pereira Bandoli de Albuquerque"
ROWS = [
    ("Ana", 100_000, 99_999, 1, 0.99999, -0.0001),
    ("=1+1", 8, 7, 1, 0.875, 1234.5),
    (LONG, 1, 1, 0, 1.0, 0.0),
    ("Bia", 3, 0, 3, 0.0, -2.0),
]
NOTES = {"start_date": date(2021, 6, 1), "end_date": None, "business_days": 22, "calendar_covers": True}


@pytest.fixture(scope="module")
def sheets() -> tuple[Worksheet, Worksheet]:
    book = load_workbook(io.BytesIO(indicator_workbook("sla_angel", SLA_ANGEL.fields, ROWS, NOTES)))
    return book["sla_angel"], book["period"]


def test_the_cells_are_the_values(sheets: tuple[Worksheet, Worksheet]) -> None:
    header, *rows = sheets[0].iter_rows(values_only=True)
    assert header == SLA_ANGEL.fields
    assert rows == [(name.replace("=1+1", "'=1+1"), *numbers) for name, *numbers in ROWS]
    assert {cell.data_type for cell in sheets[0]["A"]} == {"s"}


def test_the_header_is_bold_and_stays_in_sight_with_a_filter(sheets: tuple[Worksheet, Worksheet]) -> None:
    assert all(cell.font.bold for cell in sheets[0][1])
    assert not any(cell.font.bold for cell in sheets[0][2])
    assert sheets[0].freeze_panes == "A2"
    assert sheets[0].auto_filter.ref == "A1:F5"


def test_columns_are_as_wide_as_what_is_in_them(sheets: tuple[Worksheet, Worksheet]) -> None:
    widths = {letter: column.width for letter, column in sheets[0].column_dimensions.items()}
    assert widths["A"] > len(LONG)
    assert widths["F"] > len("avg_margin_hours") + 3
    assert max(widths.values()) < 70


def test_a_share_is_a_percentage_that_tells_nearly_all_from_all(sheets: tuple[Worksheet, Worksheet]) -> None:
    formats = [cell.number_format for cell in sheets[0]["E"][1:]]
    assert formats == ["0.000%", "0.00%", "0.00%", "0.00%"]
    assert [cell.number_format for cell in sheets[0]["F"][1:]] == ["#,##0.0000", "#,##0.00", "#,##0.00", "#,##0.00"]
    assert {cell.number_format for cell in sheets[0]["B"][1:]} == {"0"}


def test_the_period_has_real_dates(sheets: tuple[Worksheet, Worksheet]) -> None:
    values = dict(sheets[1].iter_rows(values_only=True))
    assert values == {**NOTES, "start_date": datetime(2021, 6, 1)}
    assert (sheets[1]["B1"].is_date, sheets[1]["B1"].number_format) == (True, "dd/mm/yyyy")


def test_no_rows_are_a_header_and_null_is_an_empty_cell() -> None:
    book = load_workbook(io.BytesIO(indicator_workbook("productivity", PRODUCTIVITY.fields, [], NOTES)))
    assert list(book["productivity"].iter_rows(values_only=True)) == [PRODUCTIVITY.fields]
    row = ("Ana", 1, 1, None)
    book = load_workbook(io.BytesIO(indicator_workbook("productivity", PRODUCTIVITY.fields, [row], NOTES)))
    assert list(book["productivity"].iter_rows(values_only=True))[1] == row


def test_equal_rows_give_equal_bytes() -> None:
    first, second = (indicator_workbook("sla_angel", SLA_ANGEL.fields, ROWS, NOTES) for _ in range(2))
    assert first == second


TEXTS: list[Any] = ["29/06/2021 25:10:00", "29/06/2021", "0.875", "1-2", "=1+1", "000123", "", "x" * 40_000, "a\r\nb"]


def test_texts_stay_texts_also_those_that_are_typed_later(tmp_path: Path) -> None:
    rows = [[text, number, "a reason"] for number, text in enumerate(TEXTS, 2)]
    data = b"".join(text_workbook("rejected", ["=a", "line", "reason"], rows, tmp_path))
    (sheet,) = load_workbook(io.BytesIO(data)).worksheets
    header, *found = sheet.iter_rows()
    assert [cell.value for cell in header] == ["'=a", "line", "reason"]
    read = [row[0].value for row in found]
    expected = [text.replace("=1+1", "'=1+1")[:32_767] for text in TEXTS]
    assert [text.replace("_x000D_", "\r") for text in read] == expected
    assert [row[1].value for row in found] == list(range(2, len(TEXTS) + 2))
    assert {cell.number_format for row in found for cell in row if isinstance(cell.value, str)} == {"@"}
    assert (sheet.freeze_panes, sheet.auto_filter.ref) == ("A2", f"A1:C{len(TEXTS) + 1}")


def peak_of(count: int, folder: Path) -> int:
    """Return how much memory a workbook of so many rows takes."""
    rows = ((f"Angel {number}", number, "a reason of its own") for number in range(count))
    tracemalloc.start()
    try:
        assert sum(len(block) for block in text_workbook("rejected", ["angel", "line", "reason"], rows, folder)) > count
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_a_workbook_of_any_length_takes_the_same_memory(tmp_path: Path) -> None:
    peak_of(10, tmp_path)  # what is imported for the first time counts for none
    assert peak_of(20_000, tmp_path) < 1.5 * peak_of(2_000, tmp_path)
