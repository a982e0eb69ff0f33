"""The staging table of an import of clientes and the merge of what it holds."""

from __future__ import annotations

import itertools
from typing import Any, Final

from psycopg import Connection

from src.domain.rows import ClienteRow
from src.ingest.rejections import CUT, MAX_RAW_LENGTH
from src.repositories.sql import statement
from src.repositories.staging import pass_merge_gate, plan_for_sets

# Of looking for e-mails that are taken; each looks at all rows.
MAX_ROUNDS: Final = 20


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


def reject_taken_emails(connection: Connection[Any], import_id: int, most: int) -> tuple[int, int]:
    """Reject the rows whose e-mail is another cliente's; return how many that were, and the first line of them.

    A rejected row leaves its cliente as stored, whose e-mail may be what another row wants; so again until none is
    left, or one more than `most` is rejected. A file made for it has a chain as long as itself: in the last round any
    e-mail that a stored cliente has counts as taken, whether the file changes it or not.
    """
    rejected = 0
    parameters: dict[str, Any] = {
        "import_id": import_id,
        "max_raw": MAX_RAW_LENGTH,
        "cut": CUT.format(length=MAX_RAW_LENGTH),
    }
    for round_ in itertools.count(1):
        parameters |= {"most": most + 1 - rejected, "is_last": round_ >= MAX_ROUNDS}
        found = connection.execute(statement("cliente_reject_taken"), parameters).rowcount
        rejected += found
        if not found or rejected > most:
            break
        connection.execute(statement("cliente_forget_rejected"), {"import_id": import_id})
    row = connection.execute(statement("cliente_first_taken"), {"import_id": import_id}).fetchone()
    return rejected, row[0] if row and row[0] else 0


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
