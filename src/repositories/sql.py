"""The statements of `src/sql`, by name."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from psycopg import Cursor
from sqlalchemy.orm import Session

SQL = Path(__file__).parent.parent / "sql"


@cache
def statement(name: str) -> str:
    """Return the text of `src/sql/<name>.sql`."""
    return (SQL / f"{name}.sql").read_text(encoding="utf-8")


def filled(name: str, **names: str) -> bytes:
    """Return the text of `src/sql/<name>.sql` with the program's own names in the place of `{{these}}`."""
    text = statement(name)
    for place, given in names.items():
        text = text.replace("{{" + place + "}}", given)
    return text.encode()


def cursor_of(session: Session) -> Cursor[Any]:
    """Return a cursor of the driver's own in the session's transaction, for what goes around SQLAlchemy."""
    driver: Any = session.connection().connection.driver_connection
    cursor: Cursor[Any] = driver.cursor(binary=True)
    return cursor
