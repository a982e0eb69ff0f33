"""The one place that says commit or rollback."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final, TypeVar

import psycopg
import structlog
from psycopg import errors
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
            cause = getattr(error, "orig", error)  # the driver's own, or wrapped by SQLAlchemy
            if isinstance(cause, errors.LockNotAvailable):
                raise TooMuchContention("An import is being written now. Send it again in a moment.") from error
            if not isinstance(cause, PASSING):
                raise
            logger.info("tried_again", attempt=attempt, error=type(cause).__name__)
            # Those who met once shall not meet again at the same moment.
            time.sleep(random.uniform(0, 0.02 * 2**attempt))  # noqa: S311 - no secret
    raise TooMuchContention("Other requests changed the same things at every try. Send it again in a moment.")


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
