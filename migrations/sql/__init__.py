"""Runs the frozen SQL files of the migrations."""

from __future__ import annotations

from pathlib import Path

from alembic import op

LOCK_TIMEOUT = "set local lock_timeout = '5s'"


def run(name: str, **replacements: str) -> None:
    """Execute `migrations/sql/<name>`, each `{{key}}` in it replaced. Waits at most 5 s for any lock.

    Goes to the driver itself: SQLAlchemy would read `:x` and `%` in the file as parameters.
    """
    text = (Path(__file__).parent / name).read_text(encoding="utf-8")
    for key, value in replacements.items():
        text = text.replace("{{" + key + "}}", value)
    connection = op.get_bind().connection.driver_connection
    assert connection is not None
    connection.execute(LOCK_TIMEOUT)
    connection.execute(text)
