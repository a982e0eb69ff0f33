"""The foreign keys of the records that loads leave to be checked after their commit."""

from __future__ import annotations

from typing import Any

from psycopg import Connection

from src.repositories.sql import statement


def validate_foreign_keys(connection: Connection[Any]) -> None:
    """Check the foreign keys that a load has left to be checked, without holding anyone up.

    The loaded rows keep them by construction; to check a million takes a seventh of their load, which need not wait for
    it. Raises LockNotAvailable while an import merges; the next sweep does it then.
    """
    with connection.transaction():
        connection.execute("set local lock_timeout = '1s'")
        for (validation,) in connection.execute(statement("foreign_keys_to_validate")).fetchall():
            connection.execute(validation)
