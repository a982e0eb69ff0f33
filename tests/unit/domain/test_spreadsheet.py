from __future__ import annotations

import pytest

from src.domain.spreadsheet import harmless


@pytest.mark.parametrize(
    "text", ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "＝1+1", '=HYPERLINK("http://x")']
)
def test_what_a_spreadsheet_would_run_gets_an_apostrophe(text: str) -> None:
    assert harmless(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "-", "-12.5", "+3", "-1,5", "Gabriel Pereira", "BA - FEIRA DE SANTANA", "a=b"])
def test_names_and_numbers_stay_as_they_are(text: str) -> None:
    assert harmless(text) == text
