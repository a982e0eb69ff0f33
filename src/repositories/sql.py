"""The statements of `src/sql`, by name."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from psycopg import Cursor
from sqlalchemy import Connection, Select
from sqlalchemy.engine import make_url

FOLDER = Path(__file__).parent.parent / "sql"
DIALECT = make_url("postgresql+psycopg://").get_dialect()()
COMMENT = re.compile(r"^ *--.*\n", re.MULTILINE)
# All of them at the start: an upgrade that puts others in their place changes nothing for a process that runs. Without
# their comments: the driver remembers where a text has its parameters if that is no longer than 4,096 characters.
STATEMENTS = {path.stem: COMMENT.sub("", path.read_text(encoding="utf-8")) for path in FOLDER.glob("*.sql")}


def statement(name: str) -> str:
    """Return the text of `src/sql/<name>.sql`."""
    return STATEMENTS[name]


def filled(name: str, **names: str) -> bytes:
    """Return the text of `src/sql/<name>.sql` with the program's own names in the place of `{{these}}`."""
    text = statement(name)
    for place, given in names.items():
        text = text.replace("{{" + place + "}}", given)
    return text.encode()


def compiled(query: Select[Any]) -> tuple[str, dict[str, Any]]:
    """Return the query as text for the driver, and the values in it: compiled once, it costs no request anything."""
    text = query.compile(dialect=DIALECT, compile_kwargs={"render_postcompile": True})
    return text.string, dict(text.params)


def cursor_of(connection: Connection) -> Cursor[Any]:
    """Return a cursor of the driver's own in the connection's transaction, for what goes around SQLAlchemy."""
    driver: Any = connection.connection.driver_connection
    cursor: Cursor[Any] = driver.cursor(binary=True)
    return cursor
