"""Ids in requests: those that only the server gives must be stored."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from sqlalchemy import Connection

from src.domain.rows import MAX_GIVEN_ID, unknown_id_fault
from src.errors import InvalidFields
from src.repositories.lists import Document
from src.repositories.sql import cursor_of
from src.repositories.stored_ids import Table, find_stored

OF_CLIENTES: Final[Mapping[str, Table]] = {"id": "cliente"}
OF_RECORDS: Final[Mapping[str, Table]] = {"id": "atendimento", "id_cliente": "cliente"}


def require_known_ids(
    connection: Connection,
    rows: Sequence[Document],
    tables: Mapping[str, Table],
    name_of: Callable[[int, str], str] = lambda _, field: field,
) -> None:
    """Raise InvalidFields if a row has an id that only the server gives and that is not stored.

    `tables` tells where the ids of a field are stored; `name_of` names the field of a row in the error.
    """
    wrong: dict[str, list[str]] = {}
    for field, table in tables.items():
        given = {number: row[field] for number, row in enumerate(rows) if (row.get(field) or 0) > MAX_GIVEN_ID}
        stored = find_stored(cursor_of(connection).connection, table, set(given.values()))
        wrong |= {
            name_of(number, field): [unknown_id_fault(field, each).reason]
            for number, each in given.items()
            if each not in stored
        }
    if wrong:
        raise InvalidFields("An id is none that is known here.", wrong)
