"""Running an import: claim it, load its file in one transaction, settle what became of it.

Three short dealings with the import's row, each conditional on the lease, so that running twice changes nothing.
"""

from __future__ import annotations

import uuid
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any

import psycopg
import structlog
from flask import current_app

from src.config import Settings
from src.database import connect
from src.errors import DatabaseUnavailable
from src.ingest.layout import Layout
from src.ingest.source import InvalidFile
from src.repositories import jobs, staging
from src.repositories.foreign_keys import validate_foreign_keys
from src.repositories.jobs import Claim, RowCounts
from src.services.audit import record
from src.services.clock import date_rules
from src.services.heartbeat import Heartbeat, ImportCancelled, LeaseLost
from src.services.imports import announce
from src.services.load import Load, Loader, Plan, StageInstead
from src.services.load_atendimentos import load_atendimentos
from src.services.load_clientes import load_clientes
from src.services.storage import uploads
from src.services.unit_of_work import load_transaction

LOADERS: dict[str, Loader] = {"atendimentos": load_atendimentos, "clientes": load_clientes}
ANALYSE_FROM_ROWS = 1000
# Why an import is given up, the more special reasons first.
REASONS: dict[type[Exception], str] = {
    psycopg.errors.DiskFull: "The database's disk is full",
    psycopg.Error: "The database could not take the load",
    Exception: "An unexpected error occurred",
}
logger = structlog.get_logger(__name__)


class _NotCompleted(Exception):
    """The load is there, but may not stay: the lease was lost or a cancel came first."""


def run_import(import_id: int) -> None:
    """Run a queued import to its end; leave it alone where somebody else has it or it has ended.

    Whatever goes wrong with the file or the load is told in the import's row, never raised. SystemExit, which ends a
    worker, puts the import back into the queue and goes on.
    """
    try:
        _run(import_id)
    except (psycopg.OperationalError, DatabaseUnavailable):
        # Its lease runs out, and the sweep takes it back once there is a database again.
        logger.warning("import_left_to_the_sweep", import_id=import_id, exc_info=True)


def _run(import_id: int) -> None:
    held = _claim(import_id)
    if held is None:
        logger.info("import_not_queued", import_id=import_id)
        return
    log = logger.bind(import_id=held.id, attempt=held.attempt)
    log.info("import_started", kind=held.kind, mode=held.mode)
    try:
        rows, timings = _load(held)
    except LeaseLost:
        log.warning("import_lease_lost")
    except ImportCancelled:
        log.info("import_cancelled")
        _end(held, "cancelled", None)
        uploads().remove(held.storage_key)
    except InvalidFile as error:
        log.info("import_failed", error=str(error))
        _end(held, "failed", str(error))
    except FileNotFoundError:
        log.error("import_file_missing")
        _end(held, "failed", "The uploaded file is no longer there. Upload it again.")
    except Exception as error:
        log.exception("import_interrupted")
        _retry_or_fail(held, error)
    except SystemExit:
        # Without a database the lease runs out instead; the worker ends all the same.
        with suppress(psycopg.OperationalError, DatabaseUnavailable):
            _give_back(held)
            log.info("import_handed_back")
        raise
    else:
        log.info("import_completed", rows=vars_of(rows), timings=timings)
        uploads().remove(held.storage_key)
        _settle(rows)


def vars_of(rows: RowCounts) -> dict[str, int]:
    """Return the counts by name."""
    return {name: getattr(rows, name) for name in RowCounts.__slots__}


def _settings() -> Settings:
    settings: Settings = current_app.config["SETTINGS"]
    return settings


def _connect() -> psycopg.Connection[Any]:
    return connect(_settings())


def _autocommitting(settings: Settings) -> psycopg.Connection[Any]:
    connection = connect(settings)
    connection.autocommit = True
    return connection


def _claim(import_id: int) -> Claim | None:
    with load_transaction(_connect) as connection:
        return jobs.claim(connection, import_id, uuid.uuid4(), _settings().import_lease_seconds)


def _load(held: Claim) -> tuple[RowCounts, dict[str, float]]:
    """Load the file in the way that its content and the table allow, found out by trying."""
    plan = Plan()
    while True:
        try:
            return _load_once(held, plan)
        except StageInstead:
            plan = replace(plan, straight=False)
        except _NotCompleted:
            raise _why_not_completed(held) from None


def _load_once(held: Claim, plan: Plan) -> tuple[RowCounts, dict[str, float]]:
    settings, rows = _settings(), RowCounts()
    autocommitting = partial(_autocommitting, settings)  # the heartbeat's thread has no application context
    with uploads().open(held.storage_key) as file, load_transaction(_connect) as connection:
        heartbeat = Heartbeat(held, rows, settings.import_lease_seconds, autocommitting, connection)
        with heartbeat:
            load = Load(
                held, plan, file, date_rules(), settings.max_expanded_bytes, connection, heartbeat, rows, _connect
            )
            try:
                layout: Layout = LOADERS[held.kind](load)
            except psycopg.errors.QueryCanceled:
                heartbeat.check()
                raise
            except SystemExit:
                # Closing the connection would not stop its statement, and whoever goes on would wait for its locks.
                with suppress(psycopg.Error):
                    connection.cancel_safe(timeout=2)
                raise
        heartbeat.check()
        if not jobs.complete(connection, held, rows, layout, load.timings):
            raise _NotCompleted
        _record_end(connection, held.id, {"status": "completed", "rows": vars_of(rows)})
    return rows, load.timings


def _why_not_completed(held: Claim) -> Exception:
    with _autocommitting(_settings()) as connection:
        verdict = jobs.extend(connection, held, _settings().import_lease_seconds, 0, RowCounts())
    return LeaseLost() if verdict == "lost" else ImportCancelled()


def _end(held: Claim, status: str, error: str | None) -> None:
    with load_transaction(_connect) as connection:
        if jobs.end(connection, held, status, error):
            _record_end(connection, held.id, {"status": status, "error": error})


def _record_end(connection: psycopg.Connection[Any], import_id: int, after: dict[str, Any]) -> None:
    record(connection, "end", "import", import_id, {"status": "running"}, after)


def _retry_or_fail(held: Claim, error: Exception) -> None:
    """Give the import back to the queue while it has attempts left, else end it with a sentence."""
    if held.attempt < _settings().import_max_attempts:
        with load_transaction(_connect) as connection:
            jobs.hand_back(connection, held)
        return
    reason = next(text for kind, text in REASONS.items() if isinstance(error, kind))
    _end(
        held,
        "failed",
        f"{reason}, {held.attempt} times. Nothing of the file was kept. Upload it again later; if it fails again, "
        "ask whoever runs the service to look at the worker's log.",
    )


def _give_back(held: Claim) -> None:
    """Put the import back into the queue, its attempt not counted: a deploy is not the file's fault.

    The broker delivers the task again too, maybe before this is written, and then to somebody who leaves it alone.
    """
    with load_transaction(_connect) as connection:
        jobs.hand_back(connection, held, count_attempt=False)
    announce(held.id)


def _settle(rows: RowCounts) -> None:
    """Do what can wait until the records are there: check the foreign keys of a first load, and analyse.

    Autovacuum would come too late for the next question.
    """
    with _autocommitting(_settings()) as connection:
        try:
            validate_foreign_keys(connection)
        except psycopg.DatabaseError:
            logger.warning("foreign_keys_not_checked", exc_info=True)  # the sweep will
        if rows.inserted + rows.updated >= ANALYSE_FROM_ROWS:
            staging.analyse_stored(connection)
