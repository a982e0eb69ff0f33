"""What a field's text says once nothing invisible is in it, and the words by which a program writes nothing."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

# What tells that a byte was lost: a NUL, which can't even be stored, and the mark of a byte that is no character.
DAMAGE: Final = "\0\ufffd"
# Format and control characters: two texts that differ in them alone look the same.
_INVISIBLE: Final = ("Cf", "Cc")

# Errors of spreadsheets in Portuguese and English, and what databases and programs write for nothing; case is ignored.
_SPREADSHEET_ERRORS: Final = (
    *("#n/d", "#n/a", "#ref!", "#valor!", "#value!", "#nome?", "#name?", "#div/0!", "#núm!", "#num!", "#nulo!"),
    *("#null!", "#despejar!", "#spill!", "#calc!", "#campo!", "#field!", "#bloqueado!", "#blocked!"),
)
_NULLS: Final = (
    *("null", "(null)", "[null]", "<null>", "\\n", "none", "nan", "<na>", "na", "n/a", "n.a.", "n.a"),
    *("n/d", "n.d.", "n.d", "nd", "nulo", "undefined", "vazio", "(vazio)", "em branco", "(em branco)", "(blank)"),
)
_NOTHING: Final = frozenset((*_SPREADSHEET_ERRORS, *_NULLS))
_LONGEST_NOTHING: Final = 64
# Dashes and other marks that stand where a value would be: `-`, `--`, `–`, `...`, `/ /`, `?`.
_MARKS_ONLY: Final = re.compile(r"[-\u2010-\u2015\u2212_./\\?#\s]+")


def visible(text: str) -> str:
    """Return the text without invisible characters. Line breaks and tabs are blanks, and stay; so does damage."""
    if text.isprintable():
        return text
    return "".join(c for c in text if unicodedata.category(c) not in _INVISIBLE or c.isspace() or c in DAMAGE)


def says_nothing(text: str) -> bool:
    """Say whether the text is a word or a mark for nothing, such as `#N/D`, `NULL` or `--`; an empty one is not."""
    if len(text) > _LONGEST_NOTHING:
        return False
    return text.strip().casefold() in _NOTHING or _MARKS_ONLY.fullmatch(text) is not None
