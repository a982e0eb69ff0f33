"""Rows and headers with more or less than they should have, as spreadsheets and reports write them."""

from __future__ import annotations

import io
import time
import tracemalloc

import pytest

from src.ingest import nomes
from src.ingest.layout import MAX_COLUMNS, read_layout
from src.ingest.rejections import MAX_RAW_LENGTH
from src.ingest.source import InvalidFile, read_blocks
from tests.unit.ingest.reading import GOOD, HEADER, read

ROW = GOOD.rstrip("\n")


def test_a_million_empty_rows_behind_the_good_ones_take_no_time() -> None:
    good = HEADER + "".join(GOOD.replace("1868", str(n), 1) for n in range(1, 20_001))
    started = time.process_time()
    alone = read(good, block_bytes=2**21)
    middle = time.process_time()
    reading = read(good + ";;;;;\r\n" * 1_000_000 + "x\n", block_bytes=2**21)
    assert reading.rows == alone.rows
    assert [(r.line, r.code) for r in reading.rejections] == [(1_020_002, "too_few_fields")]
    assert time.process_time() - middle < 3 * (middle - started) + 2


@pytest.mark.parametrize("tail", ["", ";", ";;;", "; ; ", ";\r"])
@pytest.mark.parametrize("header_tail", ["", ";", ";;;", "; "])
def test_a_delimiter_more_at_the_end_is_no_field(tail: str, header_tail: str) -> None:
    text = HEADER.replace("\n", f"{header_tail}\n") + f"{ROW}{tail}\n" * 3
    reading = read(text)
    assert [row[0] for row in reading.rows] == [2, 3, 4]
    assert not reading.rejections


@pytest.mark.parametrize("row", [ROW, f"{ROW};", f"{ROW};x", f"{ROW};x;", f"{ROW};x;y", f"{ROW};;y", f"{ROW};x;y;;"])
def test_fields_behind_the_last_column_that_is_read_may_be_missing(row: str) -> None:
    reading = read(HEADER.replace("\n", ";obs;foto;\n") + row + "\n")
    assert [row[1] for row in reading.rows] == [1868]
    assert not reading.rejections


@pytest.mark.parametrize(
    ("row", "code"),
    [
        (f"{ROW};x", "too_many_fields"),
        (f"{ROW};;x", "too_many_fields"),
        (ROW.rpartition(";")[0], "too_few_fields"),
        ('1;2;"Ana;x";P', "too_few_fields"),
    ],
)
def test_a_row_with_other_fields_is_rejected(row: str, code: str) -> None:
    reading = read(HEADER + GOOD + row + "\n" + GOOD)
    assert [(r.line, r.code) for r in reading.rejections] == [(3, code)]
    assert len(reading.rows) == 2


def test_an_unnamed_column_between_named_ones_counts() -> None:
    header = HEADER.replace("angel;", "angel;;")
    reading = read(header + GOOD.replace("Bandoli;", "Bandoli;x;") + GOOD)
    assert [row[4] for row in reading.rows] == ["BA - FEIRA DE SANTANA"]
    assert [(r.line, r.code) for r in reading.rejections] == [(3, "too_few_fields")]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_line_breaks_in_the_cells_of_a_header_are_blanks(end: str) -> None:
    header = (
        f'"Id{end}Atendimento";Id Cliente;"Green{end}{end}Angel";POLO;"Data\rLimite";"Data de{end}Atendimento"{end}'
    )
    reading = read(header + GOOD + "x;\n")
    assert [row[:2] for row in reading.rows] == [(6, 1868)]
    assert [r.line for r in reading.rejections] == [7]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r\r\n", "\r"])
def test_the_end_of_the_first_line_is_no_part_of_a_column(end: str) -> None:
    layout = read_layout(
        next(
            read_blocks(io.BytesIO((HEADER.strip() + ";line;reason" + end + GOOD).encode()), max_expanded_bytes=10**6)
        ).data,
        "atendimentos",
    )
    assert layout.header[-1] == "reason"
    assert layout.harmless


def test_empty_rows_before_the_header_are_blank_lines() -> None:
    assert [row[0] for row in read(";;;;;\n\n" + HEADER + GOOD).rows] == [4]


def test_a_file_has_a_thousand_columns_at_most() -> None:
    names = ";".join(f"c{n}" for n in range(MAX_COLUMNS - 6))
    assert len(read(f"{names};{HEADER}" + ";" * (MAX_COLUMNS - 6) + GOOD).rows) == 1
    with pytest.raises(InvalidFile, match="1,001 columns"):
        read(f"x;{names};{HEADER}")
    assert len(read(HEADER.replace("\n", ";" * 8000 + "\n") + GOOD).rows) == 1


def test_a_header_of_nothing_but_accents_takes_no_time() -> None:
    # To order these takes the square of their number: minutes.
    accents = "\u0301\u0327" * 15_000
    started = time.process_time()
    assert len(read(f"{accents};{HEADER}x;{GOOD}").rows) == 1
    assert time.process_time() - started < 2


def test_memory_does_not_grow_with_columns_times_lines() -> None:
    text = ";" * (MAX_COLUMNS - 6) + HEADER
    text += "".join(["x\n"] * 8000 + [";" * (MAX_COLUMNS - 6) + GOOD] * 200)
    tracemalloc.start()
    reading = read(text, block_bytes=2**21)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (len(reading.rows), len(reading.rejections)) == (200, 8000)
    assert peak < 60_000_000


def test_of_a_long_row_that_is_rejected_the_beginning_is_kept_and_said_so() -> None:
    reading = read(HEADER + "x" * 15_000 + "\ny\n")
    long, short = reading.rejections
    assert len(long.raw) == MAX_RAW_LENGTH
    assert long.reason.endswith("Only the first 4,000 characters of the row are kept.")
    assert "Only" not in short.reason


def test_more_names_than_an_operation_has_fail_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nomes, "MAX_NEW_NOMES", 100)
    rows = "".join(f"{n};3;Ana {n};P;30/06/2021;-\n" for n in range(1, 101))
    assert len(read(HEADER + rows).rows) == 100
    with pytest.raises(InvalidFile, match="angel has more than 100 names"):
        read(HEADER + rows + "101;3;Bia;P;30/06/2021;-\n")
    with pytest.raises(InvalidFile, match="polo has more than 100 names"):
        read(HEADER + "".join(f"{n};3;Ana;{'P' * 65} {n};30/06/2021;-\n" for n in range(1, 102)))


def test_spellings_of_one_name_beyond_those_remembered_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nomes, "MAX_TEXTS", 100)
    rows = "".join(f"{n};3;Ana{' ' * (n % 40)}Lima{' ' * (n % 7)};P;30/06/2021;-\n" for n in range(1, 1001))
    reading = read(HEADER + rows + "1;3;;P;30/06/2021;-\n")
    assert {row[3] for row in reading.rows} == {"Ana Lima", "AnaLima"}
    assert len(reading.rows) == 1000
    assert [(r.column, r.code) for r in reading.rejections] == [("angel", "empty")]


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"<html><body><table><tr><td>id</td></tr></table></body></html>", "an HTML page"),
        (b'<?xml version="1.0"?>\n<?mso-application progid="Excel.Sheet"?>\n<Workbook>', "an XML spreadsheet"),
        (b'[{"id": 1}]', "a JSON file"),
    ],
)
def test_what_is_no_csv_is_named(data: bytes, name: str) -> None:
    with pytest.raises(InvalidFile, match=name):
        read_layout(data, "atendimentos")
