"""Every integration test starts from empty tables, an empty queue and an empty upload folder."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
import redis
from flask import Flask
from psycopg import sql

from src.config import Settings
from src.database import database_url
from src.queue import configure_queue
from src.services.verify import verify_rollups
from tests.integration.indicators.records import Records, open_records

KEPT = ["alembic_version", "holiday"]
# Emptied by the trigger on atendimento, which can't where they are in the same statement.
ROLLUPS = ["angel_day", "angel_month", "angel_to_date", "polo_day", "polo_month", "polo_to_date"]


@pytest.fixture(autouse=True)
def clean(app: Flask, settings: Settings) -> None:
    """Empty all tables but holiday and alembic_version, the queue and the folder."""
    # Celery is one for the process: an application of another test may have taken it.
    configure_queue(app, settings)
    with psycopg.connect(database_url(settings), autocommit=True) as connection:
        found = connection.execute(
            "select tablename from pg_tables where schemaname = 'public' and not tablename = any(%s)", [KEPT + ROLLUPS]
        )
        tables = sql.SQL(", ").join(sql.Identifier(name) for (name,) in found)
        connection.execute("set lock_timeout = '10s'")
        connection.execute(sql.SQL("truncate {} restart identity cascade").format(tables))
        connection.execute("alter sequence atendimento_id_seq restart")  # which no column owns
    assert settings.redis_url
    redis.Redis.from_url(settings.redis_url).flushdb()
    if settings.upload_dir.is_dir():
        for path in settings.upload_dir.iterdir():
            path.unlink()


@pytest.fixture
def records(settings: Settings) -> Iterator[Records]:
    """The records, as a raw writer sees them."""
    with open_records(settings) as opened:
        yield opened


@pytest.fixture
def exact_rollups(app: Flask, records: Records) -> Iterator[None]:
    """When the test ends, every rollup must be exact, by two ways of counting."""
    yield
    records.assert_rollups_are_exact()
    with app.app_context():
        assert verify_rollups().count == 0
