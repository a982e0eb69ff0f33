"""Connections that wait in the pool for the next request."""

from __future__ import annotations

from flask.testing import FlaskClient
from sqlalchemy import text

from src.app import create_app
from src.config import Settings
from src.database import TRUSTED_SECONDS
from src.extensions import db
from src.services.snapshot import one_read_cursor
from tests.integration.records.conftest import RECORD, Api


def _end_connections(api: Api) -> int:
    """End all of the database's connections but the one that asks, as a restart of the server does."""
    import psycopg

    from src.database import database_url

    with psycopg.connect(database_url(api.client.application.config["SETTINGS"]), autocommit=True) as connection:
        ended = connection.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where pid <> pg_backend_pid() and datname = current_database()"
        )
        return ended.rowcount


def test_a_server_that_ended_all_connections_costs_no_request(api: Api) -> None: ...
