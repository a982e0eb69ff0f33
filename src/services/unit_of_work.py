"""The one place that says commit or rollback."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final, TypeVar

import psycopg
import structlog
from psycopg import Cursor, errors
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from src.errors import TooMuchContention
from src.extensions import db

T = TypeVar("T")


class TryAgain(Exception):
    """Another writer came between two looks; the transaction may succeed when done again."""


TRIES: Final = 6
# A foreign key is violated where what was found a moment ago is deleted by another: looked for again, it is made anew.
PASSING: Final = (errors.DeadlockDetected, errors.SerializationFailure, errors.ForeignKeyViolation, TryAgain)
logger = structlog.get_logger(__name__)


@contextmanager
def unit_of_work() -> Iterator[Connection]:
    """Give a connection for one transaction: committed when the block ends, rolled back when it raises.

    No session of the ORM: rows are not kept as objects here, and its bookkeeping was a tenth of what a new record costs
    in Python.
    """
    with db.engine.begin() as connection:
        yield connection


def done_in_one(work: Callable[[Connection], T]) -> T:
    """Do `work` in a unit of work and return what it returns; do all of it again where another writer was in the way.

    Raises TooMuchContention after the last try, or where a lock was waited for too long.
    """
    for attempt in range(TRIES):
        try:
            with unit_of_work() as connection:
                return work(connection)
        except (DBAPIError, psycopg.Error, TryAgain) as error:
            logger.info("tried_again", attempt=attempt, error=_passing(error))
            # Those who met once shall not meet again at the same moment.
            time.sleep(random.uniform(0, 0.02 * 2**attempt))  # noqa: S311 - no secret
    raise TooMuchContention("Other requests changed the same things at every try. Send it again in a moment.")


def done_in_one_trip(send: Callable[[psycopg.Connection[Any]], Cursor[Any]]) -> list[Any]:
    """Do what `send` sends as one transaction, and return the rows of the cursor that it returns.

    Nothing is waited for in between, and BEGIN and COMMIT are not sent: the server has all that comes before the end of
    a pipeline as one transaction. A new record took three trips more, a tenth of its time.
    Returns no rows where another writer was in the way: nothing is done then, and `done_in_one` may try again.
    Raises TooMuchContention where a lock was waited for too long.
    """
    try:
        with autocommitting() as connection:
            with connection.pipeline():
                cursor = send(connection)
            return cursor.fetchall()
    except psycopg.Error as error:
        logger.info("tried_again", attempt=0, error=_passing(error))
        return []


def _passing(error: Exception) -> str:
    """Return the name of an error that may not come again; raise what it means, or itself, where it will."""
    cause = getattr(error, "orig", error)  # the driver's own, or wrapped by SQLAlchemy
    if isinstance(cause, errors.LockNotAvailable):
        raise TooMuchContention("An import is being written now. Send it again in a moment.") from error
    if not isinstance(cause, PASSING):
        raise error
    return type(cause).__name__


@contextmanager
def autocommitting() -> Iterator[psycopg.Connection[Any]]:
    """Give the driver's own connection, on which each statement, or pipeline of some, is its own transaction."""
    pooled = db.engine.raw_connection()
    driver: Any = pooled.driver_connection
    try:
        driver.autocommit = True
        yield driver
    finally:
        if not driver.closed:
            driver.autocommit = False
        pooled.close()


@contextmanager
def load_transaction(connect: Callable[[], psycopg.Connection[Any]]) -> Iterator[psycopg.Connection[Any]]:
    """Give a connection of its own, the driver's, for one long transaction, as `unit_of_work` does one of the pool.

    The import's COPY streams go through it; the pool's connections have a statement timeout and other users.
    """
    connection = connect()
    try:
        yield connection
        connection.commit()
    finally:
        connection.close()
