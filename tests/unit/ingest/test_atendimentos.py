"""The reader of whole columns must say, of every row, what the rules of the domain say."""

from __future__ import annotations

import dataclasses
import gzip
import random
from datetime import datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from src.domain.rows import InvalidRow, atendimento_row
from src.domain.spreadsheet import harmless
from src.ingest import lines as lines_module
from src.ingest.layout import read_layout
from src.ingest.lines import Lines
from src.ingest.source import MAX_LINE_BYTES, Block, InvalidFile
from tests import oracle
from tests.unit.ingest.reading import GOOD, HEADER, RULES, read

# Files, of up to thirty rows each; every run draws others.
EXAMPLES = 100

dates = st.one_of(
    st.one_of(
        st.datetimes(datetime(1899, 1, 1), datetime(2101, 1, 1)),
        st.datetimes(datetime(2019, 1, 1), datetime(2022, 1, 1)),
    ).flatmap(
        lambda d: st.sampled_from(
            [
                "%d/%m/%Y %H:%M:%S",
                "%d/%m/%Y %H:%M",
                "%d/%m/%Y",
                "%Y-%m-%d %H:%M:%S",
                "%Y-%m-%dT%H:%M:%S",
                "%Y-%m-%d %H:%M",
                "%Y-%m-%d",
                "%d/%m/%y",
                "%m/%d/%Y",
                "%d/%m%Y %H:%M",
                "%d /%m /%Y %H:%M:%S",
                "%d/ %m / %Y %H:%M",
                "%d%m /%Y",
                "%d/%m%Y",
                "%d%m/%Y %H:%M:%S",
                "%d/%m/%y %H:%M",
                "%Y-%m-%d %H:%M:%SZ",
                "%Y-%m-%d %H:%M:%S-03",
                "%Y-%m-%d %H:%M +0530",
                "%Y-%m-%d %H:%M UTC",
                "%d/%m/%Y %H:%M - 18:00",
                "%d-%m-%Y",
                "%d-%m-%Y %H:%M",
                "%d.%m.%Y %H:%M:%S",
                "%Y/%m/%d %H:%M:%S",
                "%Y/%m/%d",
                "\u200e%d/%m/%Y\u200b",
            ]
        ).map(d.strftime)
    ),
    st.from_regex(r"[0-9]{2}/[0-9]{2}/[0-9]{4}( [0-9]{2}:[0-9]{2}(:[0-9]{2})?)?", fullmatch=True),
    st.from_regex(r"[0-9]{4}-[0-9]{2}-[0-9]{2}( [0-9]{2}:[0-9]{2}:[0-9]{2})?", fullmatch=True),
    st.sampled_from(
        [
            "",
            "-",
            " ",
            "--",
            "\u200b",
            " " * 65,
            "NULL",
            "29/06/2021 1a:15:27",
            "29/06/2021:10:15:27",
            "/////////////////// ",
        ]
    ),
)
ids = st.one_of(
    st.integers(-5, 9 * 10**15 - 1).map(str),
    st.sampled_from(["", "9223372036854775808", "0", "007", " 8", "\u200b8", "\ufeff9", "1.0", "1e5", "12a", "/", ":"]),
)
texts = st.one_of(
    st.text(st.characters(blacklist_characters='";\r\n', blacklist_categories=["Cs"]), max_size=90),
    st.sampled_from(["Ana", "Ana ", " Ana", "Ana  Maria", "José", "x" * 64, "x" * 65, "x" * 201, ""]),
    st.sampled_from(["#N/D", "NULL", "null", "-", "–", "N/A", "\\N"]),
    st.text("Aé '=+-@\u200b\ufeff\xad\x07\x7f\t\x0b\x85\xa0\u2028\ufffd", max_size=12),
)
rows = st.tuples(ids, ids, texts, texts, dates, dates)


# Day first in both columns: with it no table is a file that has the month first.
DAY_FIRST = tuple(GOOD.strip().split(";"))


def _is_blank(row):
    return not "".join(letter for letter in "".join(row) if not oracle.invisible(letter)).strip()


def by_the_rules(table):
    """Return the rows of a table that are records, and the refusals of the others."""
    expected, refused = [], []
    for line, row in enumerate(table, 2):
        row = [text.replace("\0", "") for text in row]
        if _is_blank(row):
            continue
        try:
            record = atendimento_row(row, RULES)
        except InvalidRow as refusal:
            refused.append((line, refusal.fault.column, refusal.fault.code))
        else:
            expected.append((line, *record[:6]))
    return expected, refused


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.lists(rows, min_size=1, max_size=30))
def test_columns_read_what_the_rules_read(table):
    table = [*table, DAY_FIRST]
    reading = read(HEADER + "".join(";".join(row) + "\n" for row in table), block_bytes=200)
    expected, refused = by_the_rules(table)
    assert reading.rows == expected
    assert [(r.line, r.column, r.code) for r in reading.rejections] == refused


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.lists(rows, min_size=1, max_size=20))
def test_files_that_we_wrote_are_read_as_what_they_were_written_from(table):
    table = [*table, DAY_FIRST]
    header = HEADER.replace("\n", ";line;reason\n")
    written = [";".join([*map(harmless, row), "2", "why"]) + "\n" for row in table]
    reading = read(header + "".join(written), block_bytes=200)
    expected, refused = by_the_rules(table)
    assert reading.rows == expected
    assert [(r.line, r.column, r.code) for r in reading.rejections] == refused


messy = st.lists(st.sampled_from(['"', ";", " ", "\n", "\r\n", "a", "é", "0", "\x1f"]), max_size=12).map("".join)
# A quoted text that ends with a backslash is rejected: another program may have meant the quote.
messy_texts = st.one_of(texts, messy, messy.map(lambda text: f"Ana {text}")).map(lambda text: text.rstrip("\\"))
messy_rows = st.tuples(ids, ids, messy_texts, messy_texts, dates, st.one_of(dates, messy))


def _written(text: str, quoted: bool) -> str:
    """Write a field as a program would: quoted where it must be, or all the same."""
    must = text.lstrip(" \t\r\xa0").startswith('"') or any(mark in text for mark in ";\r\n")
    return '"' + text.replace('"', '""') + '"' if quoted or must else text


@settings(max_examples=EXAMPLES, deadline=None)
@given(
    st.lists(st.tuples(messy_rows, st.lists(st.booleans(), min_size=6, max_size=6)), min_size=1, max_size=20),
    st.sampled_from([60, 200, 4096]),
    st.sampled_from(["\n", "\r\n"]),
)
def test_quoted_fields_are_read_as_they_were_before_they_were_quoted(table, block_bytes, end):
    table = [*table, (DAY_FIRST, [False] * 6)]
    written = [";".join(map(_written, row, quoted)) + end for row, quoted in table]
    reading = read(HEADER + "".join(written), block_bytes=block_bytes)
    expected, refused, line = [], [], 2
    for (row, _), text in zip(table, written, strict=True):
        row = [field.replace("\0", "") for field in row]
        if not _is_blank(row):
            try:
                expected.append((line, *atendimento_row(row, RULES)[:6]))
            except InvalidRow as refusal:
                refused.append((line, refusal.fault.column, refusal.fault.code))
        line += text.count("\n")
    assert reading.rows == expected
    assert [(r.line, r.column, r.code) for r in reading.rejections] == refused


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.lists(rows, min_size=1, max_size=20), st.booleans())
def test_columns_read_what_the_oracle_reads(table, ours):
    table = [*table, DAY_FIRST]
    header = HEADER.replace("\n", ";line;reason\n") if ours else HEADER
    text = header + "".join(";".join([*row, *(["2", "why"] if ours else [])]) + "\n" for row in table)
    text = text.replace("\0", "")  # to the oracle a file with one is no text
    reading, outcome = read(text, block_bytes=200), oracle.read_bytes(text.encode())
    assert [(r.line, r.column) for r in reading.rejections] == [(r.line, r.column) for r in outcome.rejections]
    last = {row[1]: row[1:] for row in reading.rows}
    assert last == {record.id: dataclasses.astuple(record)[:-1] for record in outcome.records.values()}


def test_blocks_of_any_size_read_the_same():
    source = random.Random(5)
    lines = [HEADER]
    for number in range(1, 400):
        lines.append(GOOD.replace("1868", str(number), 1))
        if source.random() < 0.2:
            lines.append(
                source.choice(["\n", "x;y\n", '"7";8;"Ana\nMaria";"SP - A";30/06/2021;-\n', "  \r\n", '9;8;"Ana\n'])
            )
    text = "".join(lines)
    expected = read(text, block_bytes=10**6)
    assert len(expected.rows) >= 399
    for size in (70, 97, 128, 1000, 4096):
        assert read(text, block_bytes=size) == expected


def test_a_block_of_many_short_lines_is_read_in_pieces(monkeypatch):
    text = HEADER + "".join(f'{n};3;"Ana\nMaria";P;30/06/2021;-\n\nx\n' + GOOD for n in range(1, 200))
    expected = read(text, block_bytes=10**6)
    assert (len(expected.rows), len(expected.rejections)) == (398, 199)
    monkeypatch.setattr(lines_module, "MAX_LINES", 7)
    assert read(text, block_bytes=10**6) == expected


def test_line_numbers_are_physical_also_behind_quoted_line_breaks_and_blank_lines():
    text = HEADER + GOOD + '2;3;"Ana\nMaria";P;30/06/2021;-\n' + "\n" + "x;1;A;P;30/06/2021;-\n"
    reading = read(text)
    assert [row[:2] for row in reading.rows] == [(2, 1868), (3, 2)]
    assert reading.rows[1][3] == "Ana Maria"
    assert [(r.line, r.code) for r in reading.rejections] == [(6, "invalid_id")]


def test_a_rejected_record_of_several_lines_has_the_number_of_its_first():
    reading = read(HEADER + '0;3;"Ana\nMaria";P;30/06/2021;-\n' + GOOD)
    assert [(r.line, r.raw) for r in reading.rejections] == [(2, '0;3;"Ana\nMaria";P;30/06/2021;-')]
    assert [row[0] for row in reading.rows] == [4]


def test_a_stray_quote_does_not_swallow_the_lines_behind_it():
    reading = read(HEADER + '7;3;"Ana;P;30/06/2021;-\n' + GOOD * 50 + '8;3;"Ana";P;30/06/2021;-\n')
    assert [(r.line, r.code) for r in reading.rejections] == [(2, "unclosed_quote")]
    assert len(reading.rows) == 51


def test_lines_inside_a_refused_record_are_no_rows():
    record = '7;3;Ana;P;30/06/2021;-;"pasted:\n8;3;Nobody;P;30/06/2021;-\nend"'
    reading = read(HEADER + record + "\n" + GOOD)
    assert [(r.line, r.code, r.raw) for r in reading.rejections] == [(2, "too_many_fields", record)]
    assert [row[0] for row in reading.rows] == [5]


def test_quotes_inside_a_field_are_part_of_it():
    reading = read(HEADER + '7;3;Ana "Bia" Souza;P;30/06/2021;-\n8;3;"Ana ""Bia""; Souza";P;30/06/2021;-\n')
    assert [row[3] for row in reading.rows] == ['Ana "Bia" Souza', 'Ana "Bia"; Souza']


def test_lines_with_delimiters_and_quotes_inside_quotes_are_cells():
    text = '7;3;"Ana; ""Bia""";P;30/06/2021;-\r\n"8";"3";"""Ana""";"";"30/06/2021";"-"\n9;3;Ana;P;30/06/2021;-\n'
    layout = read_layout(HEADER.encode(), "atendimentos")
    lines = Lines(Block(text.encode(), 0, last=True), 2, layout)
    assert (lines.records, lines.cells.numbers.tolist()) == ([], [2, 3, 4])
    assert [record.fields for record in lines.plain_records(np.arange(2))] == [
        ["7", "3", 'Ana; "Bia"', "P", "30/06/2021", "-"],
        ["8", "3", '"Ana"', "", "30/06/2021", "-"],
    ]


def test_a_file_with_every_field_quoted_is_read_like_one_without_quotes():
    plain = HEADER + "".join(GOOD.replace("1868", str(n), 1) for n in range(1, 1500)) + "x;1;A;P;30/06/2021;-\n"
    quoted = "".join(
        ";".join(f'"{cell}"' for cell in line.split(";")) + "\n" for line in plain.removesuffix("\n").split("\n")
    )
    reading = read(quoted, block_bytes=30_000)
    assert reading.rows == read(plain).rows
    assert [(r.line, r.raw) for r in reading.rejections] == [(1501, '"x";"1";"A";"P";"30/06/2021";"-"')]


def test_too_few_and_too_many_fields_are_refused():
    reading = read(HEADER + "7;3;Ana;P;30/06/2021\n" + GOOD + "8;3;Ana;P;30/06/2021;-;x\n")
    assert [(r.line, r.code) for r in reading.rejections] == [(2, "too_few_fields"), (4, "too_many_fields")]
    assert [row[0] for row in reading.rows] == [3]


def test_a_short_and_a_long_line_together_are_two_refusals():
    reading = read(HEADER + "7;3;Ana;P;30/06/2021\n8;3;Ana;P;30/06/2021;-;x\n")
    assert [(r.line, r.code) for r in reading.rejections] == [(2, "too_few_fields"), (3, "too_many_fields")]


def test_a_line_of_five_megabytes_is_one_refusal():
    reading = read(HEADER + GOOD + "7;3;" + "x" * 5_000_000 + ";P;30/06/2021;-\n" + GOOD, block_bytes=2**20)
    assert [(r.line, r.code) for r in reading.rejections] == [(3, "line_too_long")]
    assert [row[0] for row in reading.rows] == [2, 4]
    assert len(reading.rejections[0].raw) < MAX_LINE_BYTES


def test_nuls_are_no_characters_of_a_text():
    rows = b"7;3;An\0a\0\0\0;P;30/06/2021;-\n" + GOOD.encode()
    reading = read((HEADER + GOOD * 2000).encode() + rows + b"\0" * 5000, block_bytes=2**20)
    assert reading.rows[-2:] == [
        (2002, 7, 3, "Ana", "P", datetime(2021, 6, 30, 23, 59, 59), None),
        (2003, *reading.rows[0][1:]),
    ]
    assert not reading.rejections


@pytest.mark.parametrize("end", ["\x1a", "\x1a\n", "\n\x1a", "\r\n\x1a\r\n", "\x1a" * 128, "\n \x1a\0\0"])
def test_the_mark_that_ends_a_text_of_dos_is_no_row(end):
    reading = read(HEADER + GOOD.replace("29/06/2021 12:57:19\n", "-") + end)
    assert [row[0] for row in reading.rows] == [2]
    assert not reading.rejections


@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
def test_other_delimiters_are_found(delimiter):
    assert read((HEADER + GOOD).replace(";", delimiter)).rows == read(HEADER + GOOD).rows


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_encodings_are_found(encoding):
    text = HEADER + GOOD + "2;3;João Conceição;SP - SÃO PAULO;30/06/2021;-\n"
    reading = read(text.encode(encoding))
    assert [row[3:5] for row in reading.rows][1] == ("João Conceição", "SP - SÃO PAULO")


def test_cp1252_beyond_the_first_block_is_found():
    text = HEADER + GOOD * 200 + "2;3;João;P;30/06/2021;-\n"
    reading = read(text.encode("cp1252"), block_bytes=1000)
    assert (len(reading.rows), reading.rows[-1][3]) == (201, "João")


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends_of_all_systems_are_known(end):
    text = (HEADER + GOOD + "0;3;Ana;P;30/06/2021;-\n").replace("\n", end)
    reading = read(text)
    assert [row[0] for row in reading.rows] == [2]
    assert [(r.line, r.raw) for r in reading.rejections] == [(3, "0;3;Ana;P;30/06/2021;-")]


def test_an_old_mac_file_may_end_with_a_newline():
    reading = read((HEADER + GOOD * 2).replace("\n", "\r").rstrip("\r") + "\n")
    assert [row[0] for row in reading.rows] == [2, 3]


def test_a_doubled_carriage_return_ends_one_line():
    reading = read((HEADER + GOOD * 2).replace("\n", "\r\r\n"))
    assert [row[0] for row in reading.rows] == [2, 3]


@pytest.mark.parametrize(
    "row",
    [
        "7;3;Ana\rLima;BA \r X;30/06/2021\r09:00;-\r\n",
        '7;3;"Ana \r Lima" \r;"BA \r X";30/06/2021 09:00;-\r\n',
        '7;3;"Ana\r\r\nLima";BA\rX;30/06/2021 09:00\r;-\n',
    ],
)
def test_a_carriage_return_inside_a_line_is_a_blank(row):
    reading = read(HEADER + row + GOOD)
    assert reading.rows[0] == (2, 7, 3, "Ana Lima", "BA X", datetime(2021, 6, 30, 9), None)
    assert not reading.rejections


def test_rows_that_end_with_a_carriage_return_in_a_file_of_newlines_are_one_refused_line():
    reading = read(HEADER + GOOD.replace("\n", "\r") + GOOD + GOOD)
    assert [(r.line, r.code) for r in reading.rejections] == [(2, "too_many_fields")]
    assert [row[0] for row in reading.rows] == [3]


def test_a_line_of_blanks_is_no_row_whatever_the_delimiter():
    for blank in ("", "  ", "\t\t\t\t\t", "\t\t", " \t \t\t\t\t\t\t", "\r", " \r"):
        text = HEADER + blank + "\n" + GOOD
        for reading in (read(text), read(text.replace(";", "\t"))):
            assert [row[0] for row in reading.rows] == [3]
            assert not reading.rejections


@pytest.mark.parametrize(
    "blank", [";;;;;", ";;", ";", ";;;;;;;;;;;;", " ; ;\t;;;", '"";"";"";"";"";""', '"";', "\xa0;;;;;", ";\u200b;;;;"]
)
def test_a_row_without_any_value_is_a_blank_line(blank):
    reading = read(HEADER + blank + "\n" + GOOD + f"{blank}\r\n" * 3 + "x;\n" + blank)
    assert [row[0] for row in reading.rows] == [3]
    assert [(r.line, r.code) for r in reading.rejections] == [(7, "too_few_fields")]


@pytest.mark.parametrize("row", ['";;;;;"', ";;;;;x", "0;;;;;", '"";";";"";"";"";""', '""";;;;;"'])
def test_a_row_with_any_value_is_no_blank_line(row):
    assert [r.line for r in read(HEADER + row + "\n" + GOOD).rejections] == [2]


def test_the_last_line_needs_no_end():
    assert read((HEADER + GOOD).rstrip("\n")) == read(HEADER + GOOD)


def test_gzip_is_read_as_what_it_holds():
    assert read(gzip.compress((HEADER + GOOD).encode())) == read(HEADER + GOOD)


@pytest.mark.parametrize("damage", [lambda d: d[:-20], lambda d: d[:30] + b"xxxx" + d[34:]])
def test_a_damaged_gzip_is_refused_as_a_whole(damage):
    packed = gzip.compress((HEADER + GOOD * 100).encode(), mtime=0)
    with pytest.raises(InvalidFile, match="gzip"):
        read(damage(packed))


def test_columns_may_stand_in_any_order_beside_others():
    text = "obs;POLO;Angel;Data Limite;DATA DE ATENDIMENTO;Id Cliente;id_atendimento\nx;P;Ana;30/06/2021;-;3;7\n"
    assert read(text).rows == [(2, 7, 3, "Ana", "P", datetime(2021, 6, 30, 23, 59, 59), None)]


def test_another_word_for_a_column_that_is_there_is_a_column_of_its_own():
    text = "id;cliente;id_atendimento;id_cliente;angel;polo;data_limite;data_de_atendimento\n"
    assert [row[1:3] for row in read(text + "1;Maria;7;3;Ana;P;30/06/2021;-\n").rows] == [(7, 3)]
    assert [row[1:3] for row in read(text.replace("id_atendimento", "n") + "1;M;7;3;A;P;30/06/2021;-\n").rows] == [
        (1, 3)
    ]


def test_the_same_name_in_two_spellings_of_blanks_is_one_angel():
    reading = read(HEADER + "1;3;Ana Maria;P;30/06/2021;-\n2;3; Ana  Maria ;P;30/06/2021;-\n")
    assert {row[3] for row in reading.rows} == {"Ana Maria"}


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"\n\n  \n", "empty"),
        (b"id_atendimento;id_cliente;angel;polo;data_limite\n1;2;a;b;c\n", "missing: data_de_atendimento"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\n\0\n", "not text"),
        ((HEADER.rstrip() + ";angel\n").encode(), "twice"),
    ],
)
def test_what_can_not_be_this_file_is_refused_as_a_whole(data, sentence):
    with pytest.raises(InvalidFile, match=sentence):
        read(data)


def test_a_header_alone_has_no_rows():
    assert read(HEADER) == read(HEADER.rstrip("\n"))
    assert not read(HEADER).rows


@pytest.mark.parametrize("column", [4, 5])
@pytest.mark.parametrize(
    ("month_first", "others", "fails"),
    [
        ("06/29/2021", ["05/06/2021", "2021-06-29", "2021/06/29"], True),
        ("6/29/2021 10:15 PM", ["05/06/2021"], True),
        ("06-29-2021", [], True),
        ("06/29/2021", ["29/06/2021"], False),
        ("06/29/2021", ["29/6/2021 9:05"], False),
        ("06/29/2021", ["29-06-2021 10:15"], False),
        ("06/29/2021", ["2906/2021"], False),
        ("06/29/2021", ["29 /06 /2021"], False),
        ("06/29/2021", ["29/06/1900"], False),
        ("06/32/2021", ["05/06/2021"], False),
    ],
)
def test_a_file_whose_dates_have_the_month_first_fails(column, month_first, others, fails):
    rows = [list(DAY_FIRST) for _ in (month_first, *others)]
    for row, text in zip(rows, (month_first, *others), strict=True):
        row[4:6] = "2021-06-30", "2021-06-29"
        row[column] = text
    text = HEADER + "".join(";".join(row) + "\n" for row in rows)
    if fails:
        with pytest.raises(InvalidFile, match=r"has the month before the day \(line 2: "):
            read(text)
    else:
        assert read(text).rejections[0].code == "invalid_date"


def test_a_status_is_read_wherever_its_column_stands():
    text = "Status;" + HEADER + "".join(f"{status};{GOOD}" for status in ("done", " cancelled", '"cancelled"', ""))
    text += "".join(f"{status};{GOOD}" for status in ("pending", "concluído", "CANCELLED"))
    reading = read(text)
    assert reading.statuses == ["done", "cancelled", "cancelled", None]
    assert [(r.line, r.column, r.code) for r in reading.rejections] == [
        (6, "status", "status_contradicts_visit"),
        (7, "status", "invalid_status"),
        (8, "status", "invalid_status"),
    ]


def test_a_column_of_the_status_that_is_there_twice_fails_the_file():
    with pytest.raises(InvalidFile, match="status is in the header twice"):
        read("status;STATUS;" + HEADER + "done;done;" + GOOD)
