"""Names of uploaded files."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from src.services.imports import clean_filename


@given(st.text())
def test_any_name_becomes_a_short_printable_last_part_or_nothing(name: str) -> None:
    clean = clean_filename(name)
    if clean is not None:
        assert 0 < len(clean) <= 255
        assert clean.isprintable()
        assert "/" not in clean
        assert "\\" not in clean
        clean.encode()
