"""Loading into an empty `atendimento`: the rows, what was counted while they were read, and the swap."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from psycopg import Connection, sql

from src.domain.status import DONE, PENDING
from src.ingest.atendimentos import Rows
from src.ingest.binary import HEADER, TRAILER, copy_rows
from src.ingest.columns import Integers
from src.ingest.tally import months_of, to_date_of
from src.repositories.sql import filled, statement
from src.repositories.staging import by_status
from src.repositories.table_beside import TableBeside, Target, emptied, may_be_replaced

COLUMNS = "id, id_cliente, data_limite, data_de_atendimento, import_id, angel_id, polo_id, status"
PIECE_ROWS = 50_000
SPILLED_CLIENTES, SPILLED_ANGEL_DAYS, SPILLED_POLO_DAYS = "import_cliente", "import_angel_day", "import_polo_day"


def is_possible(connection: Connection[Any]) -> bool:
    """Say whether there is no record at all and the table may be replaced. To rely on it, pass the merge gate first."""
    return may_be_replaced(connection, "atendimento")


def known_nomes(connection: Connection[Any], table: str) -> dict[str, int]:
    """Return the ids of all angels or polos by name and by former name; a name goes first."""
    former = sql.SQL("select nome, {} from {}").format(sql.Identifier(f"{table}_id"), sql.Identifier(f"{table}_alias"))
    named = sql.SQL("select nome, id from {}").format(sql.Identifier(table))
    return dict(connection.execute(former).fetchall()) | dict(connection.execute(named).fetchall())


def last_id(connection: Connection[Any], table: str) -> int:
    """Return the last id that an angel or polo was given, perhaps one that was deleted: no other gets it again."""
    query = "select coalesce(pg_sequence_last_value(pg_get_serial_sequence(%s, 'id')), 0)"
    row = connection.execute(query, (table,)).fetchone()
    assert row is not None
    return int(row[0])


class FirstLoad:
    """The tables that a first load builds beside the empty ones. `clientes` only if that one is empty too."""

    def __init__(self, connection: Connection[Any], import_id: int) -> None:
        self._connection = connection
        self._import_id = import_id
        connection.execute("lock table cliente in share row exclusive mode")
        new_clientes = may_be_replaced(connection, "cliente")
        self._clientes = TableBeside(connection, "cliente") if new_clientes else None
        self._records = TableBeside(connection, "atendimento", beside=["cliente"] if new_clientes else [])
        self._angel_days = emptied(connection, "angel_day")
        self._polo_days = emptied(connection, "polo_day")
        self._spilled: set[str] = set()

    def add_records(self, rows: Rows) -> None:
        """Append valid rows, whose angels and polos are ids."""
        with self._records.copy(COLUMNS) as copy:
            copy.write(HEADER)
            for part, said, limite, visit in by_status(rows):
                keys = (part["id"], part["id_cliente"])
                numbers = (part["angel"], part["polo"])
                status = said or (PENDING if visit is None else DONE).encode()
                copy.write(copy_rows("qqqqqiis", *keys, limite, visit, self._import_id, *numbers, status))
            copy.write(TRAILER)

    def spill_clientes(self, ids: Integers) -> None:
        """Keep distinct ids aside until `add_clientes`; there are more than memory shall hold."""
        self._spill(SPILLED_CLIENTES, "id", "q", ids)

    def add_clientes(self, ids: Integers) -> None:
        """Store those of the clientes, these and the spilled, that are not stored yet; `ids` are distinct, in order."""
        if self._clientes and SPILLED_CLIENTES not in self._spilled:
            _copy(self._clientes, "id", "q", ids)
            return
        self.spill_clientes(ids)
        self._connection.execute(f"analyze {SPILLED_CLIENTES}".encode())
        target = self._clientes.name if self._clientes else "cliente"
        self._connection.execute(statement("first_load_clientes").format(cliente=target).encode())

    def spill_days(self, angels: tuple[Integers, ...], polos: tuple[Integers, ...]) -> None:
        """Keep counts aside until `add_days`; there are more than memory shall hold."""
        for table, groups in ((SPILLED_ANGEL_DAYS, angels), (SPILLED_POLO_DAYS, polos)):
            self._spill(table, "day, key, total, on_time, margin_seconds", "iiiiq", *groups)

    def add_rollups(self, angels: tuple[Integers, ...], polos: tuple[Integers, ...]) -> None:
        """Store the rollups: these counts and the spilled. What gone records have left in them is zero."""
        for table in ("angel_month", "angel_to_date", "polo_month", "polo_to_date"):
            self._connection.execute(sql.SQL("delete from {}").format(sql.Identifier(table)))
        if self._spilled.isdisjoint({SPILLED_ANGEL_DAYS, SPILLED_POLO_DAYS}):
            self._add_counted("angel", self._angel_days, angels)
            self._add_counted("polo", self._polo_days, polos)
        else:
            self.spill_days(angels, polos)
            self._add_spilled()

    def _add_counted(self, group: str, day: Target, counts: tuple[Integers, ...]) -> None:
        _copy(day, f"day, {group}_id, total, on_time, margin_seconds", "iiiiq", *counts)
        rest = f"{group}_id, total, on_time, margin_seconds, active_days"
        _copy(Target(self._connection, f"{group}_month"), f"month, {rest}", "iiiiqi", *months_of(*counts))
        for piece in to_date_of(*counts):
            _copy(Target(self._connection, f"{group}_to_date"), f"day, {rest}", "iiiiqi", *piece)

    def _add_spilled(self) -> None:
        tables = {"angel_day": self._angel_days.name, "polo_day": self._polo_days.name}
        self._connection.execute(statement("first_load_rollups").format(**tables).encode())
        for group, day in (("angel", self._angel_days), ("polo", self._polo_days)):
            self._connection.execute(filled("counts_to_date", group=group, source=day.name, active_days="count(*)"))

    def _spill(self, table: str, columns: str, types: str, *values: Integers) -> None:
        if not self._spilled:
            self._connection.execute(statement("first_load_spill"))
        self._spilled.add(table)
        _copy(Target(self._connection, table), columns, types, *values)

    def add_indexes(self) -> None:
        """Build all keys but the foreign ones, and all indexes."""
        for table in self._tables():
            table.add_indexes()

    def add_foreign_keys(self) -> None:
        """Add the foreign keys. Locks the tables that they name against writers."""
        for table in self._tables():
            table.add_foreign_keys()

    def take_place(self) -> None:
        """Put the new tables into the place of the old. Raises psycopg.errors.LockNotAvailable."""
        for table in self._tables():
            table.drop_old()
        for table in reversed(self._tables()):
            table.take_place()

    def _tables(self) -> list[Target]:
        """Return the tables, those that refer to others first."""
        some: list[Target] = [self._records, self._angel_days, self._polo_days]
        return [*some, self._clientes] if self._clientes else some


def add_nomes(connection: Connection[Any], table: str, nomes: Iterable[tuple[int, str]]) -> None:
    """Store angels or polos under the ids that the reader gave them, and move their sequence past these."""
    name = sql.Identifier(table)
    with connection.cursor().copy(sql.SQL("copy {} (id, nome) from stdin").format(name)) as copy:
        for row in nomes:
            copy.write_row(row)
    moved = (
        "select setval(pg_get_serial_sequence({kind}, 'id'), max(id)) from {table}"
        " having max(id) > coalesce(pg_sequence_last_value(pg_get_serial_sequence({kind}, 'id')), 0)"
    )
    connection.execute(sql.SQL(moved).format(kind=sql.Literal(table), table=name))


def _copy(table: Target, columns: str, types: str, *values: Integers) -> None:
    with table.copy(columns) as copy:
        copy.write(HEADER)
        for start in range(0, len(values[0]), PIECE_ROWS):
            copy.write(copy_rows(types, *(column[start : start + PIECE_ROWS] for column in values)))
        copy.write(TRAILER)


def note_overwritten(connection: Connection[Any]) -> None:
    """Note what the records name that the delta is about to change."""
    connection.execute(statement("first_load_overwritten"))


def forget_overwritten(connection: Connection[Any]) -> None:
    """Remove the clientes, angels and polos that only the rows noted have named, as if those had never come."""
    connection.execute("set local enable_nestloop = on")  # for few look-ups by index
    for table, column in (("cliente", "id_cliente"), ("angel", "angel_id"), ("polo", "polo_id")):
        connection.execute(filled("first_load_forget", table=table, column=column))


def used(numbers: Integers) -> set[int]:
    """Return the distinct numbers."""
    return set(np.flatnonzero(np.bincount(numbers)).tolist())
