"""Runs the frozen SQL files of the migrations, each migration in a transaction of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from alembic import op

LOCK_TIMEOUT = "set local lock_timeout = '5s'"


def filled(name: str, **replacements: str) -> str:
    """Return the text of `migrations/sql/<name>`, each `{{key}}` in it replaced, one after the other."""
    text = (Path(__file__).parent / name).read_text(encoding="utf-8")
    for key, value in replacements.items():
        text = text.replace("{{" + key + "}}", value)
    return text


def run(name: str, **replacements: str) -> None:
    """Execute `migrations/sql/<name>`, each `{{key}}` in it replaced. Waits at most 5 s for any lock.

    Goes to the driver itself: SQLAlchemy would read `:x` and `%` in the file as parameters.
    """
    connection = _driver()
    connection.execute(LOCK_TIMEOUT)
    connection.execute(filled(name, **replacements))


def rows(name: str, **replacements: str) -> list[tuple[Any, ...]]:
    """Execute `migrations/sql/<name>`, a query, as `run` does, and return its rows."""
    found: list[tuple[Any, ...]] = _driver().execute(filled(name, **replacements)).fetchall()
    return found


def build_index(name: str, on: str) -> None:
    """Build an index on a filled table without keeping its writers waiting; `on` is `table (columns) where ...`.

    Must stand in a migration of its own: it ends the transaction. What an interrupted attempt left is removed first.
    """
    with op.get_context().autocommit_block():
        connection = _driver()
        connection.execute(f"drop index concurrently if exists {name}")
        connection.execute(f"create index concurrently {name} on {on}")


def drop_index(name: str) -> None:
    """Drop such an index in the same manner."""
    with op.get_context().autocommit_block():
        _driver().execute(f"drop index concurrently if exists {name}")


def _driver() -> Any:
    connection = op.get_bind().connection.driver_connection
    assert connection is not None
    return connection
