"""What the tests of the API share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import insert, update
from werkzeug.test import TestResponse

from src.config import Settings
from src.extensions import celery, db
from src.models import Import, ImportRejection
from src.queue import configure_queue
from tests.integration.api.sending import CSV, Send


@pytest.fixture
def send(client: FlaskClient, auth_headers: dict[str, str]) -> Send:
    """Post a raw body to /api/v1/imports (or `path`) as text/csv."""

    def post(data: bytes = CSV, path: str = "/api/v1/imports", **headers: str) -> TestResponse:
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        return client.post(path, data=data, headers={"Content-Type": "text/csv", **auth_headers, **given})

    return post


@pytest.fixture
def change_import(app: Flask) -> Callable[..., None]:
    """Change an import's row as its worker would."""

    def change(import_id: int, **values: Any) -> None:
        with app.app_context():
            db.session.execute(update(Import).where(Import.id == import_id).values(**values))
            db.session.commit()

    return change


@pytest.fixture
def reject(app: Flask) -> Callable[..., None]:
    """Reject rows of an import: `reject(import_id, (line, raw), ...)`."""

    def add(import_id: int, *rows: tuple[int, str]) -> None:
        values = [
            {
                "import_id": import_id,
                "line": line,
                "column": "id_cliente",
                "code": "not_an_id",
                "reason": "Not a positive integer.",
                "raw": raw,
            }
            for line, raw in rows
        ]
        with app.app_context():
            db.session.execute(insert(ImportRejection), values)
            db.session.commit()

    return add


@pytest.fixture
def no_broker(app: Flask, settings: Settings) -> Iterator[None]:
    """Nobody listens where the broker should be."""
    configure_queue(app, replace(settings, redis_url="redis://127.0.0.1:1/0"))
    celery._after_fork()  # forgets the connections it has
    yield
    configure_queue(app, settings)
    celery._after_fork()
