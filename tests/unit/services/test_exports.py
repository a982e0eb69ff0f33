"""Values as each dialect of CSV writes them."""

from __future__ import annotations

import csv
import io
from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from src.domain.formats import CSV, CSV_BR
from src.domain.spreadsheet import original
from src.services.exports import csv_blocks

VALUES: list[tuple[Any, str, str]] = [
    (None, "", ""),
    (0.875, "0.875", "0,875"),
    (-33.000277777777775, "-33.000277777777775", "-33,000277777777775"),
    (0.00001, "1e-05", "0,00001"),
    (1.0, "1.0", "1,0"),
    (9_007_199_254_740_991, "9007199254740991", "9007199254740991"),
    (True, "true", "true"),
    (date(2021, 6, 29), "2021-06-29", "29/06/2021"),
    (datetime(2021, 6, 9, 2, 7, 9), "2021-06-09T02:07:09", "09/06/2021 02:07:09"),
    ("0.875", "0.875", "0.875"),
    ("=1+1", "'=1+1", "'=1+1"),
    ({"nome": "a;=1"}, '"{""nome"":""a;\'=1""}"', '"{""nome"":""a;\'=1""}"'),
]


@pytest.mark.parametrize(("value", "plain", "brazilian"), VALUES)
def test_each_dialect_has_its_numbers_and_dates(value: Any, plain: str, brazilian: str) -> None:
    assert b"".join(csv_blocks(["a", "b"], [["x", value]])).decode() == f"a,b\r\nx,{plain}\r\n"
    expected = b"\xef\xbb\xbf" + f"a;b\r\nx;{brazilian}\r\n".encode()
    assert b"".join(csv_blocks(["a", "b"], [["x", value]], CSV_BR)) == expected


@pytest.mark.parametrize("format", [CSV, CSV_BR])
def test_the_mark_comes_once_and_blocks_are_bounded(format: Any) -> None:
    blocks = list(csv_blocks(["number"], ([number / 7] for number in range(50_000)), format))
    assert len(blocks) > 5
    assert max(map(len, blocks)) < 66_000
    assert b"".join(blocks).count(b"\xef\xbb\xbf") == (format is CSV_BR)


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]))), st.sampled_from([CSV, CSV_BR]))
def test_any_text_comes_back(texts: list[str], format: Any) -> None:
    data = b"".join(csv_blocks(["id", "text"], ([number, text] for number, text in enumerate(texts)), format))
    read = csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), delimiter=";" if format is CSV_BR else ",")
    assert [original(row[1]) for row in list(read)[1:]] == texts


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_with_a_comma_is_the_same_number(number: float) -> None:
    data = b"".join(csv_blocks(["a"], [[number]], CSV_BR)).decode("utf-8-sig")
    assert float(data.splitlines()[1].replace(",", ".")) == number
