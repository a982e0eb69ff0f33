"""Whether the service can do its work now."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import structlog
from sqlalchemy.exc import SQLAlchemyError

from src.errors import DatabaseUnavailable, NotReady
from src.extensions import alembic
from src.repositories import imports
from src.repositories.schema_version import schema_versions
from src.services import worker_pulse
from src.services.unit_of_work import unit_of_work

logger = structlog.get_logger(__name__)


def check_ready() -> None:
    """Return if the database, its schema, the broker and a worker are there, else raise NotReady naming what is not."""
    missing: dict[str, list[str]] = {}
    if _works("database", _check_database, missing, "The database can't be reached."):
        _works("migrations", _check_schema, missing, "The database's schema is not this version's: run `db upgrade`.")
    if _works("broker", worker_pulse.require_broker, missing, "The broker can't be reached."):
        _works("worker", _check_worker, missing, "No worker takes tasks off the queue.")
    if missing:
        raise NotReady(f"Missing: {', '.join(missing)}.", missing)


def _works(name: str, check: Callable[[], None], missing: dict[str, list[str]], sentence: str) -> bool:
    try:
        check()
    except DatabaseUnavailable as error:
        missing[name] = [error.detail]
    except Exception as error:
        logger.warning("not_ready", missing=name, error=str(error))
        missing[name] = [sentence]
    return name not in missing


def _check_database() -> None:
    with unit_of_work():
        pass  # What the pool gives is alive.


def _check_schema() -> None:
    """Return if the schema is this version's, or newer: the one before works with it while a deploy is under way."""
    with unit_of_work() as connection:
        found = schema_versions(connection)
    if not found or found & _older_migrations():
        raise LookupError(f"found {sorted(found)}")


@cache
def _older_migrations() -> frozenset[str]:
    """Return all migrations but the newest; read from the disk once, for they come with the code."""
    heads = {script.revision for script in alembic.heads()}
    return frozenset(script.revision for script in alembic.log()) - heads


def _check_worker() -> None:
    """Return if a worker runs an import, or takes a task within a moment: one that answers a ping may still be deaf."""
    if not _an_import_runs() and not worker_pulse.is_heard():
        raise LookupError("nobody takes tasks")


def _an_import_runs() -> bool:
    """Whether a worker extends the lease of an import. With all its hands full it takes no other task for long."""
    try:
        with unit_of_work() as connection:
            return imports.is_any_lease_held(connection)
    except (SQLAlchemyError, DatabaseUnavailable):
        return False
