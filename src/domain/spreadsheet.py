"""Text that a spreadsheet must not run."""

from __future__ import annotations

import re
from typing import Final

# What makes a cell a formula or a command for Excel, LibreOffice or Google Sheets, wide characters included.
_RUNS: Final = re.compile(r"[=+\-@\t\r\n＝＋－＠]")
_NUMBER: Final = re.compile(r"[+-]?\d+([.,]\d+)?|-", re.ASCII)


def harmless(text: str) -> str:
    """Return the text, behind an apostrophe where a spreadsheet would run it. Numbers stay as they are."""
    if _RUNS.match(text) and not _NUMBER.fullmatch(text):
        return f"'{text}"
    return text
