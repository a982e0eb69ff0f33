"""The patterns that the document gives for names are what is taken."""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Callable

from src.api.schemas.values import NAME, NAME_OR_EMPTY, NEW_NAME
from src.domain.rows import InvalidRow, cliente_value, nome_or_nothing, require_nome


def is_taken(text: str, read: Callable[[str, str], str] = nome_or_nothing) -> bool:
    try:
        read("nome", text)
    except InvalidRow:
        return False
    return True


def test_a_name_of_one_character_is_taken_where_its_pattern_says_so() -> None:
    """Beyond U+FFFF it says so of each: JavaScript reads a class of those in two ways."""
    assigned = [chr(c) for c in range(sys.maxunicode + 1) if unicodedata.category(chr(c)) not in ("Cn", "Cs")]
    for read, pattern in ((nome_or_nothing, NAME), (require_nome, NEW_NAME)):
        low = [c for c in assigned if ord(c) < 0x10000]
        wrong = [hex(ord(c)) for c in low if is_taken(c, read) != bool(re.search(pattern, c))]
        wrong += [hex(ord(c)) for c in assigned if ord(c) >= 0x10000 and not re.search(pattern, c)]
        assert not wrong


def test_what_is_invisible_harms_no_name_and_damage_does() -> None:
    for text, taken in (
        ("Ana\x9b", True),
        ("\tAna\n", True),
        ("An\u200ba", True),
        ("An\0a", False),
        ("Ana\ufffd", False),
    ):
        assert is_taken(text) == bool(re.search(NAME, text)) == taken, text


def test_an_unknown_name_may_be_empty_in_any_way() -> None:
    for text in ("", " ", "\x9b", "\u200b\n"):
        assert re.search(NAME_OR_EMPTY, text)
        assert cliente_value("nome", text) is None
