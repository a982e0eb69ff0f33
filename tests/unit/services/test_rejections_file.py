"""Rejected rows as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from src.domain.spreadsheet import harmless
from src.services.exports import BLOCK_BYTES, plain_text, text_blocks
from src.services.rejections_file import file_rows, fit


def csv_lines(header: list[str], delimiter: str, rows: Iterable[Any]) -> Iterator[str]:
    """Give the file as CSV, in blocks."""
    columns, cells = file_rows(header, delimiter, rows)
    blocks = text_blocks(list(map(harmless, columns)), (map(plain_text, row) for row in cells), delimiter)
    return (block.decode() for block in blocks)


@pytest.mark.parametrize(
    ("cells", "fitted"),
    [
        ([], ["", "", ""]),
        (["a"], ["a", "", ""]),
        (["a", "b", "c"], ["a", "b", "c"]),
        (["a", "b", "c", "d", "e"], ["a", "b", "c;d;e"]),
    ],
)
def test_a_row_is_made_as_wide_as_the_header(cells: list[str], fitted: list[str]) -> None:
    assert fit(cells, 3, ";") == fitted


def test_without_a_header_a_row_keeps_its_cells() -> None:
    assert fit(["a", "b"], 0, ";") == ["a", "b"]


def test_a_harmful_header_is_made_harmless_too() -> None:
    assert next(csv_lines(["=a"], ";", [])) == "'=a;line;reason\r\n"


@pytest.mark.parametrize(
    ("raw", "written"),
    [
        ("'=1+1;x;7;no id", "'=1+1;x;2;r"),
        ("''=1+1;x;7;no id", "''=1+1;x;2;r"),
        ("'Ana;x;7;no id", "'Ana;x;2;r"),
        ("a;b;c;7;no id", "a;b;c;7;no id;2;r"),
        ("a", "a;;2;r"),
    ],
)
def test_what_is_refused_again_collects_neither_apostrophes_nor_reasons(raw: str, written: str) -> None:
    rows = [SimpleNamespace(line=2, reason="r", raw=raw)]
    lines = "".join(csv_lines(["a", "b", "line", "reason"], ";", rows)).splitlines()
    assert lines == ["a;b;line;reason", written.replace("b;c;7;no id", '"b;c;7;no id"')]


def test_blocks_are_of_bounded_size_and_lose_nothing() -> None:
    rows = [SimpleNamespace(line=number, reason="r", raw=f"{number};x") for number in range(20_000)]
    blocks = list(csv_lines(["a", "b"], ";", rows))
    assert max(map(len, blocks)) < BLOCK_BYTES + 100
    found = list(csv.reader(io.StringIO("".join(blocks), newline=""), delimiter=";"))
    assert [row[2] for row in found[1:]] == [str(row.line) for row in rows]


@pytest.mark.parametrize(
    ("raw", "cells"),
    [
        ('1;"open', ["1", "open"]),
        ('"a"b;c', ["ab", "c"]),
        ("", ["", ""]),
        ("1;a\rb", ["1", '"a\rb"']),
        ("x" * 200_000, ["x" * 200_000, ""]),
    ],
    ids=["open quote", "text after a quote", "nothing", "a lone return", "longer than the csv module reads"],
)
def test_a_row_that_is_no_csv_is_given_as_well_as_can_be(raw: str, cells: list[str]) -> None:
    text = "".join(csv_lines(["a", "b"], ";", [SimpleNamespace(line=2, reason="r", raw=raw)]))
    assert text == f"a;b;line;reason\r\n{';'.join(cells)};2;r\r\n"
