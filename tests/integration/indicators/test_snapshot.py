"""Reads that belong together, and what they leave behind."""

from __future__ import annotations

import psycopg.errors
import pytest
from sqlalchemy import text

from src.app import create_app
from src.config import Settings
from src.extensions import db
from src.services.snapshot import snapshot_cursor
from tests.integration.indicators.records import Records


def test_a_snapshot_sees_one_state_and_writes_nothing(settings: Settings, records: Records) -> None:
    count = "select count(*) from atendimento"
    with create_app(settings).app_context(), snapshot_cursor() as cursor:
        assert cursor.execute(count).fetchone() == (0,)
        records.add()
        assert cursor.execute(count).fetchone() == (0,)
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            cursor.execute("delete from atendimento")


def test_the_pool_gets_an_ordinary_connection_back_also_after_an_error(settings: Settings) -> None:
    # The pool of a new application has one connection, which both use.
    with create_app(settings).app_context():
        with pytest.raises(psycopg.errors.UndefinedColumn), snapshot_cursor() as cursor:
            cursor.execute("select nonsense")
        shown = [db.session.scalar(text(f"show {name}")) for name in ("transaction_isolation", "transaction_read_only")]
        assert shown == ["read committed", "off"]
        assert db.engine.pool.checkedin() + db.engine.pool.checkedout() == 1
