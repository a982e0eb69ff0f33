"""A table filled beside an empty one, without keys until the end, which then takes its place.

Random index inserts and foreign keys checked row by row are nine tenths of a load; built afterwards, as sets, they are
a third of it. The old table stays readable until the swap. What keys, indexes, triggers, settings, grants and comments
it has is read from the catalogue, so that a migration that adds one needs no change here. A table that has something
else, which a copy would lose, is not replaced (`table_is_free.sql`, `table_is_plain.sql`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from psycopg import Connection, Copy, sql

from src.repositories.sql import statement

BESIDE: Final = "_beside"
# What the new table gets when it has its name, in this order.
AFTERWARDS: Final = ("table_triggers", "table_grants", "table_column_settings", "table_comments")


def may_be_replaced(connection: Connection[Any], table: str) -> bool:
    """Say whether the table is empty and has nothing that would be lost: a view, a publication, a policy."""
    is_empty = sql.SQL("select not exists (select from {})").format(sql.Identifier(table))
    if connection.execute(is_empty).fetchone() != (True,):
        return False
    questions = (statement("table_is_free"), statement("table_is_plain"))
    return all(connection.execute(each, {"table": table}).fetchone() == (True,) for each in questions)


class Target:
    """Where a load goes: the table `name`, here simply the stored one with its keys in place."""

    def __init__(self, connection: Connection[Any], name: str) -> None:
        self._connection = connection
        self.name = name

    @contextmanager
    def copy(self, columns: str) -> Iterator[Copy]:
        """Give a binary COPY into the table."""
        query = f"copy {self.name} ({columns}) from stdin (format binary)"
        with self._connection.cursor().copy(query.encode()) as copy:
            yield copy

    def add_indexes(self) -> None:
        """Build all keys but the foreign ones, and all indexes."""

    def add_foreign_keys(self) -> None:
        """Add the foreign keys, in force for later writes."""

    def drop_old(self) -> None:
        """Drop the old, empty table."""

    def take_place(self) -> None:
        """Give the old table's name, triggers, grants and comments to the new one."""

    def _run(self, text: str) -> None:
        self._connection.execute(text.encode())


def emptied(connection: Connection[Any], table: str) -> Target:
    """Return where to load the whole of a table whose rows are all void: beside it, or in place if need be."""
    if may_be_replaced(connection, table):
        return TableBeside(connection, table)
    connection.execute(sql.SQL("delete from {}").format(sql.Identifier(table)))
    return Target(connection, table)


class TableBeside(Target):
    """The table, `name`, that will take the place of another. Its foreign keys go to the tables in `beside`, if any."""

    def __init__(self, connection: Connection[Any], table: str, beside: Iterable[str] = ()) -> None:
        self._beside = tuple(beside)
        schema = connection.execute(
            "select relnamespace::regnamespace::text from pg_class where oid = %s::regclass", (table,)
        ).fetchone()
        assert schema is not None
        self.table = f"{schema[0]}.{table}"
        super().__init__(connection, f"{self.table}{BESIDE}")
        self._schema, self._short = schema[0], table
        self._keys = self._catalogue("table_constraints")
        self._indexes = self._catalogue("table_indexes")
        self._afterwards = [definition for name in AFTERWARDS for _, definition in self._catalogue(name)]
        self._run(
            f"create table {self.name} (like {self.table} including defaults including constraints"
            " including generated including storage including compression including comments including statistics)"
        )
        for _, setting in self._catalogue("table_settings"):
            self._run(f"alter table {self.name} set ({setting})")

    def add_indexes(self) -> None:
        for name, definition in self._unique_keys():
            self._run(f'alter table {self.name} add constraint "{name}{BESIDE}" {definition}')
        for name, definition in self._indexes:
            self._run(
                re.sub(
                    r"^(CREATE (?:UNIQUE )?INDEX) \S+ ON (?:ONLY )?\S+",
                    lambda found, name=name: f'{found[1]} "{name}{BESIDE}" ON {self.name}',  # type: ignore[misc]
                    definition,
                )
            )

    def add_foreign_keys(self) -> None:
        """Add the foreign keys, in force for later writes; `validate_foreign_keys` checks the rows that are there."""
        for name, definition in self._keys:
            if definition.startswith("FOREIGN KEY"):
                for table in self._beside:
                    definition = definition.replace(f" REFERENCES {table}(", f" REFERENCES {table}{BESIDE}(")
                self._run(f'alter table {self.name} add constraint "{name}" {definition}')

    def drop_old(self) -> None:
        """Drop the old, empty table.

        Raises psycopg.errors.LockNotAvailable where a long reader (a dump) holds it: waiting behind that one would make
        every other reader wait too.
        """
        self._run("set local lock_timeout = '3s'")
        self._run(f"drop table {self.table}")
        self._run("set local lock_timeout = 0")

    def take_place(self) -> None:
        self._run(f"alter table {self.name} rename to {self._short}")
        for name, _ in self._unique_keys():
            self._run(f'alter table {self.table} rename constraint "{name}{BESIDE}" to "{name}"')
        for name, _ in self._indexes:
            self._run(f'alter index {self._schema}."{name}{BESIDE}" rename to "{name}"')
        for definition in self._afterwards:
            self._run(definition)

    def _unique_keys(self) -> list[tuple[str, str]]:
        return [key for key in self._keys if not key[1].startswith("FOREIGN KEY")]

    def _catalogue(self, name: str) -> list[tuple[str, str]]:
        return self._connection.execute(statement(name), {"table": self.table}).fetchall()
