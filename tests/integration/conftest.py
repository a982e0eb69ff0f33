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
from src.services.rate_limiter import RateLimiter
from src.services.verify import verify_rollups
from tests.integration.indicators.records import Records, open_records

KEPT = ["alembic_version", "holiday"]
# Those that a truncate is cheaper for, and whose statistics another test should not see.
TABLES = """
    select relname, reltuples > 0 or pg_relation_size(oid) > 100000
    from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace and not relname = any(%s)
"""
RESTART = """
    select setval(format('%I.%I', schemaname, sequencename)::regclass, start_value, false)
    from pg_sequences where last_value is not null
"""


@pytest.fixture(autouse=True)
def clean(app: Flask, settings: Settings) -> None:
    """Empty all tables but holiday and alembic_version, the queue and the folder."""
    # Celery is one for the process: an application of another test may have taken it.
    configure_queue(app, settings)
    with psycopg.connect(database_url(settings), autocommit=True) as connection:
        connection.execute("set lock_timeout = '10s'")
        # No trigger refuses, counts or wants an order then; only who owns the database can do that.
        connection.execute("set session_replication_role = replica")
        found = connection.execute(TABLES, [KEPT]).fetchall()
        if grown := [sql.Identifier(name) for name, is_large in found if is_large]:
            connection.execute(sql.SQL("truncate {} cascade").format(sql.SQL(", ").join(grown)))
        # A tenth of the time that a truncate of all takes, since most tests leave a few rows.
        deletes = [sql.SQL("delete from {}").format(sql.Identifier(name)) for name, is_large in found if not is_large]
        connection.execute(sql.SQL("; ").join(deletes))
        connection.execute(RESTART)
    assert settings.redis_url
    redis.Redis.from_url(settings.redis_url).flushdb()
    app.extensions["rate_limiter"] = RateLimiter(settings.redis_url)  # it remembers what it has given
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
