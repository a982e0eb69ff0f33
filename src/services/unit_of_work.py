"""The one place that says commit or rollback."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from psycopg import Connection
from sqlalchemy.orm import Session

from src.extensions import db


@contextmanager
def unit_of_work() -> Iterator[Session]:
    """Give the session for one transaction: committed when the block ends, rolled back when it raises."""
    session = db.session()
    try:
        yield session
        session.commit()
    except BaseException:
        session.rollback()
        raise


@contextmanager
def load_transaction(connect: Callable[[], Connection[Any]]) -> Iterator[Connection[Any]]:
    """Give a connection of its own for one long transaction, as `unit_of_work` does for the session.

    The import's COPY streams go through it; the pool's connections have a statement timeout and other users.
    """
    connection = connect()
    try:
        yield connection
        connection.commit()
    finally:
        connection.close()
