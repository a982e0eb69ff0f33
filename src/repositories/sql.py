"""The statements of `src/sql`, by name."""

from __future__ import annotations

from functools import cache
from pathlib import Path

SQL = Path(__file__).parent.parent / "sql"


@cache
def statement(name: str) -> str:
    """Return the text of `src/sql/<name>.sql`."""
    return (SQL / f"{name}.sql").read_text(encoding="utf-8")
