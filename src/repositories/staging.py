"""The staging tables of one import and the merge of what they hold, on the import's own connection."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from psycopg import Connection, sql

from src.domain.status import STATUSES
from src.ingest.atendimentos import Rows
from src.ingest.binary import HEADER, NULL, TRAILER, copy_rows
from src.ingest.columns import UNSAID, Integers
from src.repositories.sql import filled, statement

MICROSECONDS = 1_000_000
# A namespace of two numbers of our own for advisory locks; the merge gate is its first.
MERGE_GATE = (7012, 1)


def open_own_schema(connection: Connection[Any], import_id: int) -> None:
    """Make a schema for the import's tables, first on the search path until the transaction ends."""
    name = sql.Identifier(f"import_{import_id}")
    connection.execute(sql.SQL("create schema {}").format(name))
    path = connection.execute("select current_setting('search_path')").fetchone()
    assert path is not None
    connection.execute("select set_config('search_path', %s, true)", (f"{name.as_string(connection)}, {path[0]}",))


def drop_own_schema(connection: Connection[Any], import_id: int) -> None:
    """Drop the import's tables."""
    name = sql.Identifier(f"import_{import_id}")
    connection.execute("set local client_min_messages = warning")
    connection.execute(sql.SQL("drop schema {} cascade").format(name))


def pass_merge_gate(connection: Connection[Any]) -> None:
    """Wait until no other import merges and no writer of records is under way; both wait for us until we commit.

    Writers through the API hold the gate in common; the table lock is for those who come by other ways (psql).
    """
    connection.execute("select pg_advisory_xact_lock(%s, %s)", MERGE_GATE)
    connection.execute("lock table atendimento in share row exclusive mode")


def plan_for_sets(connection: Connection[Any]) -> None:
    """Set the transaction up for whole sets.

    Nested loops are off because a table that was empty when last analysed drew a quadratic plan (over 12 minutes).
    """
    connection.execute("set local enable_nestloop = off")
    # The planner takes every staged row for one that differs, and would not hand so many from worker to leader.
    connection.execute("set local parallel_tuple_cost = 0")
    connection.execute("set local jit = off")
    connection.execute("set local work_mem = '256MB'")
    connection.execute("set local maintenance_work_mem = '512MB'")


def create_staging(connection: Connection[Any]) -> None:
    """Make the empty staging tables."""
    connection.execute(statement("staging_create"))


def stage(connection: Connection[Any], rows: Rows) -> None:
    """Append valid rows to the staging table."""
    with connection.cursor().copy("copy import_staging from stdin (format binary)") as copy:
        copy.write(HEADER)
        for part, said, limite, visit in by_status(rows):
            keys = (part["line"], part["id"], part["id_cliente"])
            copy.write(copy_rows("qqqqqiis", *keys, limite, visit, part["angel"], part["polo"], said))
        copy.write(TRAILER)


def by_status(rows: Rows) -> Iterator[tuple[Rows, bytes | None, Integers, Integers | None]]:
    """Give the rows of each status that the file says, it or None, and their deadlines and visits in Postgres's form.

    All rows given together have a visit, or none of them.
    """
    for has_visit in (True, False):
        half = rows[rows["has_visit"] == has_visit]
        for code in np.unique(half["status"]).tolist():
            part = half[half["status"] == code]
            visit = part["data_de_atendimento"] * MICROSECONDS if has_visit else NULL
            yield part, STATUSES[code].encode() if code != UNSAID else None, part["data_limite"] * MICROSECONDS, visit


def stage_nomes(connection: Connection[Any], angels: Mapping[str, int], polos: Mapping[str, int]) -> None:
    """Store the names by their numbers."""
    for table, numbers in (("import_angel", angels), ("import_polo", polos)):
        with connection.cursor().copy(f"copy {table} (number, nome) from stdin") as copy:
            # A former name has the number of the one that it stands for: one row for both.
            for number, nome in {number: nome for nome, number in numbers.items()}.items():
                copy.write_row((number, nome))


def say_status(connection: Connection[Any]) -> None:
    """Let each staged row say the status that its visit makes it, if its file does not say one."""
    connection.execute(statement("staging_say_status"))


def supersede(connection: Connection[Any]) -> int:
    """Delete all but the last row of each id from the staging table, and return how many that were."""
    return connection.execute(statement("staging_supersede")).rowcount


def compare(connection: Connection[Any], mode: str) -> tuple[int, int]:
    """Work out what the staged rows change, and return how many records are new and how many differ.

    Passes the gate first; from here to the commit nobody else changes a record.
    """
    connection.execute("analyze import_staging, import_angel, import_polo")
    pass_merge_gate(connection)
    plan_for_sets(connection)
    connection.execute("update import_angel set angel_id = angel.id from angel where angel.nome = import_angel.nome")
    connection.execute("update import_polo set polo_id = polo.id from polo where polo.nome = import_polo.nome")
    for group in ("angel", "polo"):
        connection.execute(filled("import_aliases", group=group))
    connection.execute(statement("import_delta" if mode == "upsert" else "import_delta_new"))
    counts = connection.execute(
        "select count(*) filter (where not stored), count(*) filter (where stored) from import_delta"
    ).fetchone()
    assert counts is not None
    return counts[0], counts[1]


def merge(connection: Connection[Any], import_id: int, updated: int) -> None:
    """Write the names of what `compare` found, and the records that differ; the rollups follow by trigger."""
    connection.execute("analyze import_delta")
    for name in ("import_new_angels", "import_new_polos", "import_new_clientes"):
        connection.execute(statement(name))
    if updated:
        connection.execute(statement("import_update"), {"import_id": import_id})


def gather(connection: Connection[Any]) -> None:
    """Put the new records of what `compare` found together as they will be stored, after `merge`."""
    connection.execute(statement("import_gather"))


def insert(connection: Connection[Any], import_id: int) -> None:
    """Insert the gathered records; the rollups follow by trigger."""
    connection.execute(statement("import_insert"), {"import_id": import_id})


def count_stored(connection: Connection[Any]) -> int:
    """Count the stored records, the deleted ones too."""
    row = connection.execute("select count(*) from atendimento").fetchone()
    assert row is not None
    return int(row[0])


def analyse_stored(connection: Connection[Any]) -> None:
    """Have the planner look at all tables that an import writes."""
    connection.execute(
        "analyze atendimento, cliente, angel, polo, angel_day, angel_month, angel_to_date,"
        " polo_day, polo_month, polo_to_date"
    )
