"""Which ids are stored, for those that only the server gives."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Literal

from psycopg import Connection, sql

Table = Literal["atendimento", "cliente"]


def find_stored(connection: Connection[Any], table: Table, ids: Collection[int]) -> set[int]:
    """Return those of the ids that are stored, also of deleted records."""
    if not ids:
        return set()
    query = sql.SQL("select id from {} where id = any(%s)").format(sql.Identifier(table))
    return {found for (found,) in connection.execute(query, (list(ids),))}
