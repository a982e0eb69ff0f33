"""How connections to Postgres are opened; where the database is, is looked up at that moment."""

from __future__ import annotations

import select
import sys
import time
from typing import Any, Final

import psycopg
from flask import has_request_context
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.pool import ConnectionPoolEntry

from src.config import Settings, embedded_servers_urls
from src.errors import DatabaseUnavailable

NOT_CONFIGURED = (
    "No DATABASE_URL is set and the embedded servers are not running: start them with `make run` or "
    "`flask --app src.app up`, or set DATABASE_URL."
)
CONNECT_TIMEOUT_SECONDS: Final = 5
# A server that is switched off closes nothing: the system would try to reach it for a quarter of an hour.
VANISHED_SECONDS: Final = 20
# For the server of an import, which may be too busy to read on for longer than that.
BUSY_SECONDS: Final = 60
# What the program relies on, whatever the server, the database or the role has set (`alter role ... set DateStyle`):
# docs/decisions/0014-session-settings.md.
SESSION: Final = {
    # How values are written and read.
    "client_encoding": "UTF8",
    "DateStyle": "ISO,MDY",
    "IntervalStyle": "postgres",
    "TimeZone": "UTC",
    "bytea_output": "hex",
    "extra_float_digits": "1",
    "lc_monetary": "C",
    "lc_numeric": "C",
    "lc_time": "C",
    # How statements are understood, and what the catalogue's functions give back.
    "standard_conforming_strings": "on",
    "transform_null_equals": "off",
    "array_nulls": "on",
    "quote_all_identifiers": "off",
    "row_security": "on",
    "plpgsql.extra_errors": "none",
    "exit_on_error": "off",
    # What a transaction is. A limit that an import needs is set for its moment.
    "default_transaction_isolation": "read\\ committed",
    "default_transaction_read_only": "off",
    "default_transaction_deferrable": "off",
    "statement_timeout": "0",
    "lock_timeout": "0",
    "transaction_timeout": "0",
    "idle_in_transaction_session_timeout": "0",
    "idle_session_timeout": "0",
    # A host that loses its power or its network closes nothing: the server would keep its locks for hours. It notices
    # within 25 s, also while a statement runs. (Over a Unix socket the server ignores those of TCP.)
    "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
    "tcp_user_timeout": f"{VANISHED_SECONDS}s",
    "client_connection_check_interval": "5s",
}
# Of all this only the schema may be another one: DATABASE_URL's own options may name it.
SCHEMA: Final = "-c search_path=public"
TRUSTED_SECONDS: Final = 30
SCRAM: Final = "scram-sha-256"
# 1,000 rows of a download (about 300 KB) at the slowest pace that the web server accepts, 2 KiB a second, take 150 s.
IDLE_IN_TRANSACTION_SECONDS: Final = 600
# The driver's None would also refuse a statement that asks to be prepared.
ONLY_WHEN_ASKED: Final = sys.maxsize


def database_url(settings: Settings) -> str:
    """Return the database's libpq URL as it is now, or raise DatabaseUnavailable if there is none.

    The embedded server may have been started after this process, or on another port than before.
    """
    url = settings.database_url
    if settings.embedded_database:
        url = embedded_servers_urls(settings.data_dir).get("database_url", url)
    if not url:
        raise DatabaseUnavailable(NOT_CONFIGURED)
    return url


def connect(settings: Settings) -> psycopg.Connection[Any]:
    """Open a connection for the pool; one that is opened while a request is served has `_options_for_requests`."""
    parameters = conninfo_to_dict(database_url(settings))
    if parameters.get("password"):
        # Or whoever listens at that address would be told the password if they asked for it in clear.
        parameters.setdefault("require_auth", SCRAM)
    parameters.setdefault("application_name", "indicators")
    parameters["client_encoding"] = SESSION["client_encoding"]
    parameters.setdefault("connect_timeout", CONNECT_TIMEOUT_SECONDS)
    parameters.setdefault("keepalives_idle", VANISHED_SECONDS)
    parameters.setdefault("keepalives_interval", 5)
    parameters.setdefault("keepalives_count", 4)
    # A web process opens its connections while it serves; commands and the worker never do, and may take their time.
    if not has_request_context():
        parameters.setdefault("tcp_user_timeout", BUSY_SECONDS * 1000)
        parameters["options"] = _options(parameters.get("options"))
        return psycopg.connect(make_conninfo("", **parameters))
    parameters.setdefault("tcp_user_timeout", VANISHED_SECONDS * 1000)
    parameters["options"] = f"{_options(parameters.get('options'))} {_options_for_requests(settings)}"
    return psycopg.connect(make_conninfo("", **parameters), prepare_threshold=ONLY_WHEN_ASKED)


def _options(given: object) -> str:
    """Return libpq's options of every session; `given` are those of DATABASE_URL."""
    pinned = " ".join(f"-c {name}={value}" for name, value in SESSION.items())
    return f"{SCHEMA} {given or ''} {pinned}"


def _options_for_requests(settings: Settings) -> str:
    """Return libpq's options that limit what a statement may take, and how long a transaction may rest.

    A download rests while its reader takes what it was sent; who reads too slowly has been given up by the web server
    long before (src/gunicorn_connection.py).

    Parallel workers cost more to start than they bring at this size, and the other core has other questions to answer.

    Only what asks for it is prepared: a plan that is made once for all values spares a record by its id 0.13 of its
    0.15 ms in the server, but takes the days of an indicator for a few rows, sorts instead of hashing and needs 20 ms
    instead of 12.
    """
    return (
        f"-c statement_timeout={settings.statement_timeout_seconds}s -c max_parallel_workers_per_gather=0"
        f" -c idle_in_transaction_session_timeout={IDLE_IN_TRANSACTION_SECONDS}s"
    )


def trust_or_ping(driver: psycopg.Connection[Any], record: ConnectionPoolEntry, _: object) -> None:
    """Make sure that a connection that leaves the pool is alive, or have the pool open new ones in the place of all.

    A ping costs as much as reading a record. One that was in use a moment ago needs none while its socket has nothing
    to say: a server that ends or restarts closes it.
    """
    moment = time.monotonic()
    if moment - record.info.get("trusted", 0.0) > TRUSTED_SECONDS or _has_news(driver):
        try:
            driver.autocommit = True
            driver.execute("")
            driver.autocommit = False
        except psycopg.Error as error:
            raise InvalidatePoolError from error
    record.info["trusted"] = moment


def _has_news(driver: psycopg.Connection[Any]) -> bool:
    poll = select.poll()
    try:
        poll.register(driver.fileno(), select.POLLIN)
    except psycopg.Error:
        return True
    return bool(poll.poll(0))
