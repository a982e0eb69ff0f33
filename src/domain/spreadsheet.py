"""Text that a spreadsheet must not run, and how it is read back.

`original(harmless(text)) == text` for every text. `original` is for files that were written with `harmless` alone: in
anybody else's an apostrophe belongs to the value.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

# The columns that a file of refused rows has behind its own.
REFUSAL_COLUMNS: Final = ("line", "reason")
# The headers of the records that the API exports.
EXPORT_COLUMNS: Final = {
    "atendimento": (
        "id",
        "id_cliente",
        "angel",
        "polo",
        "data_limite",
        "data_de_atendimento",
        "status",
        "on_time",
        "import_id",
        "created_at",
        "updated_at",
    ),
    "cliente": ("id", "nome", "email", "telefone", "created_at", "updated_at"),
}

# What makes a cell a formula or a command for Excel, LibreOffice or Google Sheets, wide characters included. The quotes
# before it are those that a spreadsheet takes off.
_RUNS: Final = r"\"*+[=+\-@\t\r＝＋－＠]"
# A file that is opened with another delimiter, as a Portuguese Excel opens one with commas, has more cells than we
# wrote: each of these inside a text starts one.
_STARTS_A_CELL: Final = r"[;,\t|\r\n]"
_NUMBER: Final = re.compile(r"[+-]?\d+([.,]\d+)?|-", re.ASCII)
# Where an apostrophe has to stand. If apostrophes of the value's own stand there, they get one more, or theirs would be
# taken off in its place. A delimiter at the end of the text may start a cell with whatever comes behind the text.
_AT_START: Final = rf"'*+(?:{_RUNS}|\n)"
_INSIDE: Final = rf"(?<={_STARTS_A_CELL})(?='*+(?:{_RUNS}|\"*+\Z))"
_FIRST: Final = re.compile(_AT_START)
_OTHERS: Final = re.compile(_INSIDE)
_ADDED: Final = re.compile(rf"(?:\A'(?={_AT_START})|(?<={_STARTS_A_CELL})'(?='*+(?:{_RUNS}|\"*+\Z)))")
_HAS_A_DELIMITER: Final = re.compile(_STARTS_A_CELL)


def harmless(text: str) -> str:
    """Return the text with an apostrophe wherever a spreadsheet would run what follows, whatever its delimiter.

    For example, `=1+1` is `'=1+1`, and `a;=1+1` is `a;'=1+1`. A number stays as it is.
    """
    if _HAS_A_DELIMITER.search(text):
        text = _OTHERS.sub("'", text)
    return f"'{text}" if _FIRST.match(text) and not _NUMBER.fullmatch(text) else text


def original(text: str) -> str:
    """Return the text that `harmless` was given."""
    return _ADDED.sub("", text) if "'" in text else text


def is_refused_rows(header: Sequence[str]) -> bool:
    """Tell whether this is the header of a file of refused rows."""
    return tuple(header[-len(REFUSAL_COLUMNS) :]) == REFUSAL_COLUMNS


def is_harmless(header: Sequence[str]) -> bool:
    """Tell whether this is the header of a file whose cells are `harmless`: of refused rows, or of an export."""
    return is_refused_rows(header) or tuple(header) in EXPORT_COLUMNS.values()
