"""Alive, and ready."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient

from src.app import create_app
from src.config import Settings
from src.database import database_url
from src.extensions import alembic
from tests.e2e.running import wait_for
from tests.unmeasured import UNMEASURED

ROOT = Path(__file__).parents[3]


@pytest.fixture
def worker(environment: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """A worker of the service's own queue."""
    command = [sys.executable, "-m", "celery", "-A", "src.app.celery", "worker", "--concurrency", "1"]
    process = subprocess.Popen(
        command, cwd=ROOT, env={**os.environ, **environment, **UNMEASURED}, stderr=subprocess.DEVNULL
    )
    yield process
    process.terminate()
    process.wait(30)


def missing(client: FlaskClient, path: str = "/health/ready") -> list[str]:
    """What is missing; fails unless it is told as a problem."""
    response = client.get(path)
    if response.status_code == 200:
        assert response.get_json() == {"status": "ok"}
        return []
    assert (response.status_code, response.mimetype) == (503, "application/problem+json")
    answer = response.get_json()
    assert answer["detail"] == f"Missing: {', '.join(answer['errors'])}."
    return list(answer["errors"])


def test_live_needs_nothing(settings: Settings) -> None:
    offline = create_app(replace(settings, database_url=None, redis_url=None)).test_client()
    assert offline.get("/health/live").get_json() == {"status": "ok"}


@pytest.mark.parametrize("path", ["/health/ready", "/v1/health"])
def test_without_a_worker_it_is_not_ready(client: FlaskClient, path: str) -> None:
    assert missing(client, path) == ["worker"]


def test_with_a_worker_it_is_ready(client: FlaskClient, worker: subprocess.Popen[bytes]) -> None:
    wait_for(lambda: missing(client) == [])


def test_without_broker_and_database_both_are_named_soon(settings: Settings, no_broker: None) -> None:
    nowhere = "postgresql://nobody@127.0.0.1:1/none"
    app = create_app(replace(settings, database_url=nowhere, redis_url="redis://127.0.0.1:1/0"))
    start = time.monotonic()
    assert missing(app.test_client()) == ["database", "broker"]
    assert time.monotonic() - start < 30  # a minute or more if either were tried again


def test_a_schema_that_is_newer_is_no_hindrance(app: Flask, client: FlaskClient, settings: Settings) -> None:
    """While a deploy is under way, the code before it serves on."""
    with psycopg.connect(database_url(settings), autocommit=True) as connection:
        head = connection.execute(
            "update alembic_version set version_num = 'newer' returning old.version_num"
        ).fetchone()
        try:
            assert missing(client) == ["worker"]
        finally:
            connection.execute("update alembic_version set version_num = %s", head)


def test_a_schema_that_is_not_at_head_is_named(app: Flask, client: FlaskClient, settings: Settings) -> None:
    with psycopg.connect(database_url(settings), autocommit=True) as connection:
        connection.execute("update alembic_version set version_num = '0001'")
        try:
            assert missing(client) == ["migrations", "worker"]
        finally:
            with app.app_context():
                (head,) = alembic.heads()
            connection.execute("update alembic_version set version_num = %s", [head.revision])
