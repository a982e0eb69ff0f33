"""The version of the schema that the database has."""

from __future__ import annotations

import time
from typing import Any

import psycopg
from sqlalchemy import Column, Connection, MetaData, Table, Text, select

# Beside the merge gate, (7012, 1).
MIGRATION_LOCK = (7012, 2)
POLL_SECONDS = 0.2
ALEMBIC_VERSION = Table("alembic_version", MetaData(), Column("version_num", Text))


def schema_versions(connection: Connection) -> frozenset[str]:
    """Return the migrations that the database stands at; raises ProgrammingError where it never had one."""
    return frozenset(connection.scalars(select(ALEMBIC_VERSION.c.version_num)))


def lock_migrations(connection: psycopg.Connection[Any]) -> None:
    """Wait until no other session holds the right to migrate, and hold it until this one is closed.

    By asking again and again: an index that is built concurrently would wait for the end of a statement that waits.
    """
    while connection.execute("select pg_try_advisory_lock(%s, %s)", MIGRATION_LOCK).fetchone() != (True,):
        time.sleep(POLL_SECONDS)
