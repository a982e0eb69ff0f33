"""A record cut into its fields, where a field may stand in quotes (RFC 4180): `7;"Ana ""Nena"" Lima"`.

Blanks around the quotes of a field are no part of it. A quote inside a field without quotes is a character like any
other (`TV 32"`). Anything but blanks outside the quotes of a quoted field makes the record a broken one: what another
program meant by `"Ana \\"Nena\\" Lima"` must not be guessed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import Enum
from functools import cache
from typing import Final

QUOTE: Final = '"'
# The closing quote has a backslash before it: either of them may be meant as a character.
ESCAPED_QUOTE: Final = '\\"'
_TEXT: Final = re.compile(r'(?:[^"]++|"")*+')


class Ending(Enum):
    """How a text ends: as a whole record, inside quotes, or with text outside the quotes of a field."""

    CLOSED = "closed"
    OPEN = "open"
    BROKEN = "broken"


def split(text: str, delimiter: str) -> tuple[list[str], Ending]:
    """Return the fields of a record and how it ends. Line breaks may only stand inside quotes."""
    if QUOTE not in text:
        return text.split(delimiter), Ending.CLOSED
    fields: list[str] = []
    blanks = _blanks(delimiter)
    at = 0
    while True:
        opening = blanks.match(text, at).end()  # type: ignore[union-attr]
        if not text.startswith(QUOTE, opening):
            end = text.find(delimiter, at)
            fields.append(text[at:] if end < 0 else text[at:end])
        else:
            closing = _TEXT.match(text, opening + 1).end()  # type: ignore[union-attr]
            fields.append(text[opening + 1 : closing].replace('""', QUOTE))
            if closing == len(text):
                return fields, Ending.OPEN
            end = blanks.match(text, closing + 1).end()  # type: ignore[union-attr]
            if end < len(text) and not text.startswith(delimiter, end):
                return fields, Ending.BROKEN
        if not 0 <= end < len(text):
            return fields, Ending.CLOSED
        at = end + 1


def ending_in_quotes(line: str, delimiter: str) -> Ending:
    """Return how a line ends that begins inside quotes, as the second one of a field of two lines does."""
    return split(QUOTE + line, delimiter)[1] if QUOTE in line else Ending.OPEN


def split_lines(lines: Iterable[str], delimiter: str) -> tuple[list[str], int]:
    """Return the fields of the record that `lines` begin with, and how many lines it has.

    If its quotes make no sense, it is the first line, cut at the delimiters. Each line is looked at twice at most.
    """
    given: list[str] = []
    ending = Ending.OPEN
    for line in lines:
        ending = ending_in_quotes(line, delimiter) if given else split(line, delimiter)[1]
        given.append(line)
        if ending is not Ending.OPEN:
            break
    if ending is Ending.CLOSED:
        return split("\n".join(given), delimiter)[0], len(given)
    return given[0].split(delimiter), 1


@cache
def _blanks(delimiter: str) -> re.Pattern[str]:
    blanks = " \t\r\xa0".replace(delimiter, "")
    return re.compile(f"[{blanks}]*+")
