from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from src.domain.spreadsheet import harmless, is_harmless, original


@pytest.mark.parametrize(
    "text", ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "＝1+1", '=HYPERLINK("http://x")']
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


@given(st.one_of(st.text("'=+-@\t\r\n＝5.,a ", max_size=6), st.text()))
def test_what_was_made_harmless_is_read_back_as_it_was(text: str) -> None:
    assert original(harmless(text)) == text
    assert not harmless(text).startswith(("=", "@", "\t", "＝"))


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
