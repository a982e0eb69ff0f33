"""Ids in files: those that only the server gives must be stored, or their rows are rejected."""

from __future__ import annotations

from typing import Any, Final

from psycopg import Connection

from src.domain.rows import MAX_GIVEN_ID, Fault, unknown_id_fault
from src.ingest.atendimentos import Batch
from src.ingest.clientes import ClienteBatch
from src.repositories.stored_ids import Table, find_stored

# A later column first: a row with two faults is rejected for the one on the left.
COLUMNS: Final[tuple[tuple[str, str, Table], ...]] = (
    ("id_cliente", "id_cliente", "cliente"),
    ("id", "id_atendimento", "atendimento"),
)


def without_unknown_ids(connection: Connection[Any], batch: Batch) -> Batch:
    """Reject the batch's rows of records or clientes that have an id of the server's range and are not stored.

    No lock keeps them stored until the merge: an id that is deleted meanwhile is never given to another.
    """
    faults: dict[int, Fault] = {}
    for field, column, table in COLUMNS:
        some = batch.rows[batch.rows[field] > MAX_GIVEN_ID]
        ids = some[field].tolist()
        stored = find_stored(connection, table, set(ids))
        lines = zip(some["line"].tolist(), ids, strict=True)
        faults |= {line: unknown_id_fault(column, given) for line, given in lines if given not in stored}
    return batch.reject(faults) if faults else batch


def without_unknown_clientes(connection: Connection[Any], batch: ClienteBatch) -> ClienteBatch:
    """Reject the batch's rows whose id is of the server's range and not stored."""
    ids = {row.id for _, row, _ in batch.rows if row.id > MAX_GIVEN_ID}
    unknown = ids - find_stored(connection, "cliente", ids)
    return batch.reject({each: unknown_id_fault("id_cliente", each) for each in unknown}) if unknown else batch
