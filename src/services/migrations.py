"""Migrations take turns."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from flask import current_app

from src.database import connect
from src.repositories.schema_version import lock_migrations
from src.services.unit_of_work import load_transaction


@contextmanager
def one_migration_at_a_time() -> Iterator[None]:
    """Wait until nobody else migrates, and keep others waiting until the block ends."""
    settings = current_app.config["SETTINGS"]
    with load_transaction(lambda: connect(settings)) as connection:
        lock_migrations(connection)
        yield
