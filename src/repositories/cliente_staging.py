"""The staging table of an import of clientes and the merge of what it holds."""

from __future__ import annotations

from typing import Any

from psycopg import Connection

from src.domain.rows import ClienteRow
from src.repositories.sql import statement
from src.repositories.staging import pass_merge_gate, plan_for_sets


def create_staging(connection: Connection[Any]) -> None:
    """Make the empty staging table."""
    connection.execute(statement("cliente_staging_create"))


def stage(connection: Connection[Any], rows: list[tuple[int, ClienteRow, str]]) -> None:
    """Append valid rows with their lines and texts."""
    query = "copy import_staging_cliente (line, id, nome, email, telefone, raw) from stdin"
    with connection.cursor().copy(query) as copy:
        for line, row, raw in rows:
            copy.write_row((line, *row, raw))


def supersede(connection: Connection[Any]) -> int:
    """Delete all but the last row of each id from the staging table, and return how many that were."""
    connection.execute("analyze import_staging_cliente")
    pass_merge_gate(connection)
    plan_for_sets(connection)
    return connection.execute(statement("cliente_supersede")).rowcount


def leave_stored_alone(connection: Connection[Any]) -> int:
    """Delete the rows of clientes that are stored from the staging table, and return how many that were."""
    return connection.execute(
        "delete from import_staging_cliente using cliente where cliente.id = import_staging_cliente.id"
    ).rowcount


def reject_taken_emails(connection: Connection[Any], import_id: int) -> int:
    """Refuse the rows whose e-mail is another cliente's, and return how many that were.

    A refused row leaves its cliente as stored, whose e-mail may be what another row wants; so again until none is left.
    """
    refused = 0
    while found := connection.execute(statement("cliente_reject_taken"), {"import_id": import_id}).rowcount:
        connection.execute(
            "delete from import_staging_cliente using import_rejection"
            " where import_rejection.import_id = %s and import_rejection.line = import_staging_cliente.line",
            (import_id,),
        )
        refused += found
    return refused


def compare(connection: Connection[Any]) -> tuple[int, int]:
    """Work out what the staged rows change, and return how many clientes are new and how many differ."""
    connection.execute(statement("cliente_delta"))
    counts = connection.execute(
        "select count(*) filter (where not stored), count(*) filter (where stored) from import_delta_cliente"
    ).fetchone()
    assert counts is not None
    return counts[0], counts[1]


def merge(connection: Connection[Any], import_id: int) -> None:
    """Write what `compare` found. E-mails are given up before they are taken, for two clientes may swap theirs."""
    connection.execute(statement("cliente_history"), {"import_id": import_id})
    for name in ("cliente_free_emails", "cliente_update", "cliente_insert"):
        connection.execute(statement(name))
