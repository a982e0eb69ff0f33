"""Fields in quotes, and that no file makes reading them slow."""

from __future__ import annotations

import time

import pytest

from src.ingest.lines import MAX_RECORD_BYTES
from src.ingest.quotes import Ending, ending_in_quotes, split, split_lines
from tests.unit.ingest.reading import GOOD, HEADER, read


@pytest.mark.parametrize(
    ("text", "fields", "ending"),
    [
        ("", [""], Ending.CLOSED),
        (";", ["", ""], Ending.CLOSED),
        ('"";', ["", ""], Ending.CLOSED),
        ('7;"Ana; ""Nena"" Lima";x', ["7", 'Ana; "Nena" Lima', "x"], Ending.CLOSED),
        ('7; "Ana" ;\t"x"\r', ["7", "Ana", "x"], Ending.CLOSED),
        ('TV 32";"x"', ['TV 32"', "x"], Ending.CLOSED),
        ('7;"a\nb";x', ["7", "a\nb", "x"], Ending.CLOSED),
        ('7;"Ana', ["7", "Ana"], Ending.OPEN),
        ('7;"Ana""', ["7", 'Ana"'], Ending.OPEN),
        ('7;"Ana" Lima;x', ["7", "Ana"], Ending.BROKEN),
        (r'7;"Ana \"Nena\" Lima";x', ["7", "Ana \\"], Ending.BROKEN),
        ('7;"Ana" "Lima";x', ["7", "Ana"], Ending.BROKEN),
    ],
)
def test_a_record_is_cut_into_its_fields(text: str, fields: list[str], ending: Ending) -> None:
    assert split(text, ";") == (fields, ending)


@pytest.mark.parametrize(
    ("line", "ending"),
    [("", Ending.OPEN), ('x""', Ending.OPEN), ('x";y', Ending.CLOSED), ('x"y', Ending.BROKEN), ('";"', Ending.OPEN)],
)
def test_a_line_inside_quotes_ends_or_goes_on(line: str, ending: Ending) -> None:
    assert ending_in_quotes(line, ";") is ending


def test_a_header_may_have_several_lines_and_a_stray_quote_is_none() -> None:
    assert split_lines(['"a', 'b";c', "d"], ";") == (["a\nb", "c"], 2)
    assert split_lines(['"a;b', "c"], ";") == (['"a', "b"], 1)


@pytest.mark.parametrize(
    "angel",
    [
        r'"Ana \"Nena\" Lima"',
        r'"\"Nena\" Lima"',
        r'"Ana \"Nena\""',
        r'"Ana Nena\"',
        '"Ana" Lima',
        '"Ana"Lima',
        '"Ana""" x',
        '"Ana" "Lima"',
    ],
)
def test_text_outside_the_quotes_rejects_the_row_and_no_other(angel: str) -> None:
    reading = read(HEADER + GOOD + f"7;3;{angel};P;30/06/2021;-\n" + GOOD)
    assert [(r.line, r.code) for r in reading.rejections] == [(3, "bad_quotes")]
    assert 'write a quote as ""' in reading.rejections[0].reason
    assert [row[0] for row in reading.rows] == [2, 4]


def test_a_row_with_every_field_in_the_quotes_of_mysql_is_rejected() -> None:
    row = r'"7";"3";"Ana \"Nena\" Lima";"P";"30/06/2021";"-"' + "\n"
    reading = read(HEADER + row + GOOD + row.replace(r"\"Nena\" Lima", "\\"))
    assert [(r.line, r.code) for r in reading.rejections] == [(2, "bad_quotes"), (4, "bad_quotes")]


def test_a_backslash_before_the_quote_of_a_column_that_is_not_read_is_no_fault() -> None:
    header = HEADER.replace("\n", ";pasta\n")
    assert [row[1] for row in read(header + '7;3;Ana;P;30/06/2021;-;"C:\\fotos\\"\n').rows] == [7]


@pytest.mark.parametrize(
    ("angel", "polo", "expected"),
    [
        ('Ana 32"', '"P"', ('Ana 32"', "P")),
        ('Ana 32"', "P 5", ('Ana 32"', "P 5")),
        ('32"', '5"', ('32"', '5"')),
        ('"Ana 32"""', "P", ('Ana 32"', "P")),
        (' "Ana; Lima"', ' "P" ', ("Ana; Lima", "P")),
    ],
)
def test_inches_and_blanks_around_quotes_are_read(angel: str, polo: str, expected: tuple[str, str]) -> None:
    reading = read(HEADER + f"7;3;{angel};{polo};30/06/2021;-\n" + GOOD)
    assert reading.rows[0][3:5] == expected
    assert len(reading.rows) == 2


@pytest.mark.parametrize("size", [20_000, 100_000])
@pytest.mark.parametrize("word", ["x", "linha\n", 'dito ""assim""\n'])
@pytest.mark.parametrize("block_bytes", [4096, 2**21])
def test_a_long_quoted_text_of_a_column_that_is_not_read_is_no_fault(size: int, word: str, block_bytes: int) -> None:
    header = "obs;" + HEADER
    text = word * (size // len(word))
    reading = read(header + f'"{text}";{GOOD}' * 3 + f";{GOOD}", block_bytes=block_bytes)
    assert not reading.rejections
    assert [row[0] for row in reading.rows] == [2 + n * (1 + text.count("\n")) for n in range(4)]


def test_a_long_text_that_would_swallow_rows_is_not_believed() -> None:
    rows = [GOOD.replace("1868", str(number), 1) for number in range(1, 400)]
    rows[10] = '11;3;"Ana;P;30/06/2021;-\n'
    rows[390] = '391;3;x";P;30/06/2021;-\n'
    reading = read(HEADER + "".join(rows))
    assert [(r.line, r.code) for r in reading.rejections] == [(12, "unclosed_quote")]
    assert len(reading.rows) == 398


HARD = {
    "stray quotes": 'a";"\n',
    "inches": '7;3;32";"x;P;30/06/2021;-\n',
    "a quote a line": '"\n',
    "an open quote": '"x\n',
    "three quotes": '"""\n',
    "open again and again": '";"\n',
    "quotes alone": '"' * 60_000 + "\n",
    "quoted quotes": '""""""""";',
    "blanks and a quote": " " * 60_000 + '"\n',
    "delimiters and quotes": ';"' * 30_000 + "\n",
    "letters": "x\n",
}


@pytest.mark.parametrize("line", HARD.values(), ids=HARD.keys())
@pytest.mark.parametrize("end", ["", '"x\ny'])
def test_no_file_makes_its_quotes_slow_to_read(line: str, end: str) -> None:
    """Twice as much takes twice as long, not four times; half a second more is what a busy machine may take."""
    seconds = []
    for size in (50_000, 100_000):
        text = HEADER + line * (size // len(line)) + end
        started = time.process_time()
        read(text, block_bytes=2**21)
        seconds.append(time.process_time() - started)
    assert seconds[1] < 3 * seconds[0] + 0.5


def test_a_record_may_be_as_long_as_a_block_allows() -> None:
    header = "obs;" + HEADER
    text = "x\n" * (MAX_RECORD_BYTES // 2)
    reading = read(header + f'"{text[:-200]}";{GOOD}' + f'"{text}";{GOOD}' + f";{GOOD}", block_bytes=2**21)
    assert [row[0] for row in reading.rows][:1] == [2]
    assert reading.rejections[0].code == "unclosed_quote"
    assert reading.rows[-1][1] == 1868
