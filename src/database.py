"""How connections to Postgres are opened; where the database is, is looked up at that moment."""

from __future__ import annotations

import re
from typing import Any

import psycopg
from flask import has_request_context
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from src.config import Settings, embedded_servers_urls
from src.errors import DatabaseUnavailable

NOT_CONFIGURED = (
    "No DATABASE_URL is set and the embedded servers are not running: start them with `make run` or "
    "`flask --app src.app up`, or set DATABASE_URL."
)
CONNECT_TIMEOUT_SECONDS = 5


def database_url(settings: Settings) -> str:
    """Return the database's libpq URL as it is now, or raise DatabaseUnavailable if there is none.

    The embedded server may have been started after this process, or on another port than before.
    """
    url = settings.database_url
    if settings.embedded_database:
        url = embedded_servers_urls(settings.data_dir).get("database_url", url)
    if not url:
        raise DatabaseUnavailable(NOT_CONFIGURED)
    return re.sub(r"^postgres(ql)?(\+\w+)?://", "postgresql://", url)


def connect(settings: Settings) -> psycopg.Connection[Any]:
    """Open a connection for the pool; one that is opened while a request is served has `_options_for_requests`."""
    parameters = conninfo_to_dict(database_url(settings))
    parameters.setdefault("application_name", "indicators")
    parameters.setdefault("connect_timeout", CONNECT_TIMEOUT_SECONDS)
    # A web process opens its connections while it serves; commands and the worker never do, and may take their time.
    if has_request_context():
        parameters["options"] = f"{parameters.get('options') or ''} {_options_for_requests(settings)}".strip()
    return psycopg.connect(make_conninfo("", **parameters))


def _options_for_requests(settings: Settings) -> str:
    """Return libpq's options that limit what a statement may take, and plan each for the values that it has.

    A generic plan, which the server makes of a statement that comes often, takes the days of an indicator for a few
    rows: it sorts instead of hashing and needs 20 ms instead of 12. Parallel workers cost more to start than they
    bring at this size, and the other core has other questions to answer.
    """
    return (
        f"-c statement_timeout={settings.statement_timeout_seconds}s"
        " -c plan_cache_mode=force_custom_plan -c max_parallel_workers_per_gather=0"
    )
