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

# What makes a cell a formula or a command for Excel, LibreOffice or Google Sheets, wide characters included.
_RUNS: Final = re.compile(r"[=+\-@\t\r\n＝＋－＠]")
_NUMBER: Final = re.compile(r"[+-]?\d+([.,]\d+)?|-", re.ASCII)
# An apostrophe of the value's own before such a character gets another one, or it would be taken off in its place.
_ALREADY_BEHIND: Final = re.compile(rf"'+{_RUNS.pattern}")


def harmless(text: str) -> str:
    """Return the text, behind an apostrophe where a spreadsheet would run it. Numbers stay as they are."""
    runs = _RUNS.match(text) and not _NUMBER.fullmatch(text)
    return f"'{text}" if runs or _ALREADY_BEHIND.match(text) else text


def original(text: str) -> str:
    """Return the text that `harmless` was given."""
    return text[1:] if _ALREADY_BEHIND.match(text) else text


def is_refused_rows(header: Sequence[str]) -> bool:
    """Tell whether this is the header of a file of refused rows."""
    return tuple(header[-len(REFUSAL_COLUMNS) :]) == REFUSAL_COLUMNS


def is_harmless(header: Sequence[str]) -> bool:
    """Tell whether this is the header of a file whose cells are `harmless`: of refused rows, or of an export."""
    return is_refused_rows(header) or tuple(header) in EXPORT_COLUMNS.values()
