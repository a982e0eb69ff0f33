"""Every integration test starts from empty tables, an empty queue and an empty upload folder."""

from __future__ import annotations

import psycopg
import pytest
import redis
from flask import Flask
from psycopg import sql

from src.config import Settings
from src.database import database_url
from src.queue import configure_queue

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
