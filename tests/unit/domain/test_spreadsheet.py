from __future__ import annotations

import csv
import io
import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from src.domain.spreadsheet import harmless, is_harmless, original

NUMBER = re.compile(r"[+-]?\d+([.,]\d+)?|-", re.ASCII)


@pytest.mark.parametrize(
    "text", ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t1", "\r1", "＝1+1", '=HYPERLINK("http://x")']
)
def test_what_a_spreadsheet_would_run_gets_an_apostrophe(text: str) -> None:
    assert harmless(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "-", "-12.5", "+3", "-1,5", "Gabriel Pereira", "BA - FEIRA DE SANTANA", "a=b"])
def test_names_and_numbers_stay_as_they_are(text: str) -> None:
    assert harmless(text) == text


@pytest.mark.parametrize("text", ["'=1+1", "''=1+1", "'-5", "'-", "'＝1"])
def test_an_apostrophe_of_the_value_s_own_gets_another_one(text: str) -> None:
    assert harmless(text) == f"'{text}"
    assert original(text) == text[1:]


@pytest.mark.parametrize("text", ["'", "''", "'Ana", "D'Ávila", "'5", " '=1"])
def test_other_apostrophes_stay_as_they_are(text: str) -> None:
    assert harmless(text) == original(text) == text


TEXTS = st.one_of(st.text("'=+-@\t\r\n＝5.,;|\"a ", max_size=8), st.text())
RUNS = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("a;=1+1", "a;'=1+1"),
        ("a,+1", "a,'+1"),
        ("a\t@SUM(A1)", "a\t'@SUM(A1)"),
        ("a|-2", "a|'-2"),
        ("a;'=1", "a;''=1"),
        ('a;"=1"', 'a;\'"=1"'),
        ("a\n=1", "a\n'=1"),
        ("=1;=2,=3", "'=1;'=2,'=3"),
        ("Souza;", "Souza;'"),
        ("BA - FEIRA, 2", "BA - FEIRA, 2"),
        ("a; =1", "a; =1"),
        ("a\r\nb", "a\r\nb"),
        ("a\r\n=1", "a\r\n'=1"),
        ("\na", "'\na"),
    ],
)
def test_a_formula_behind_another_delimiter_gets_one_too(text: str, written: str) -> None:
    assert harmless(text) == written
    assert original(written) == text


@given(TEXTS)
def test_what_was_made_harmless_is_read_back_as_it_was(text: str) -> None:
    assert original(harmless(text)) == text


@given(st.lists(TEXTS, min_size=1, max_size=3), st.sampled_from(";,\t|"), st.sampled_from(";,\t|"))
def test_whatever_delimiter_a_spreadsheet_takes_no_cell_is_a_formula(cells: list[str], ours: str, theirs: str) -> None:
    out = io.StringIO(newline="")
    # Behind an id, as in every file of ours; an empty cell first in a line would start it with the delimiter.
    csv.writer(out, delimiter=ours).writerows([["1", *map(harmless, cells)], ["2"]])
    for row in csv.reader(io.StringIO(out.getvalue(), newline=""), delimiter=theirs):
        for cell in row:
            assert not cell.startswith(RUNS) or NUMBER.fullmatch(cell), (cells, out.getvalue(), row)
    read = list(csv.reader(io.StringIO(out.getvalue(), newline=""), delimiter=ours))
    assert [list(map(original, row)) for row in read] == [["1", *cells], ["2"]]


@pytest.mark.parametrize("text", [";" * 10**6, "'" * 10**6, ";'" * 10**6, ';"' * 10**6, '"' * 10**6, ";" + '"' * 10**6])
def test_a_long_text_costs_what_its_length_says(text: str) -> None:
    began = time.process_time()
    assert original(harmless(text)) == text
    assert time.process_time() - began < 5


@pytest.mark.parametrize(
    ("header", "ours"),
    [
        ("id_atendimento;id_cliente;angel;polo;data_limite;data_de_atendimento", False),
        ("id_atendimento;id_cliente;angel;polo;data_limite;data_de_atendimento;line;reason", True),
        ("a;line;reason", True),
        ("line;reason;a", False),
        ("reason;line", False),
        ("id;nome;email;telefone;created_at;updated_at", True),
        ("id;nome;email;telefone;created_at", False),
        ("", False),
    ],
)
def test_files_that_we_wrote_are_known_by_their_header(header: str, ours: bool) -> None:
    assert is_harmless(header.split(";")) == ours
