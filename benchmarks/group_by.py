"""The same counting without rollups: a GROUP BY over the records, in Postgres and in an in-memory DuckDB."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import psycopg

from benchmarks.errors import Inexact

# Grouped by number and named afterwards, which is the faster way in both.
GROUP_BY = """
    select name.nome, counts.*
    from (
        select {group}_id, count(*), {aggregates}
        from {records}
        where day between '{start}' and '{end}'
        group by {group}_id
    ) as counts
    inner join {group} as name on name.id = counts.{group}_id
"""
AGGREGATES = {
    "active_days": "count(distinct day)",
    "on_time": "count(*) filter (where data_de_atendimento <= data_limite), sum({margin})",
}
# The margin in the unit that each is fastest with.
POSTGRES = {
    "margin": "extract(epoch from data_limite - data_de_atendimento)",
    "records": "(select *, data_de_atendimento::date as day from atendimento"
    " where status = 'done' and deleted_at is null) as attended",
}
DUCKDB = {"margin": "epoch_us(data_limite) - epoch_us(data_de_atendimento)", "records": "atendimento"}

# DuckDB's tables: the attended records, narrow and typed, with the day worked out beforehand.
TABLES = {
    "atendimento": "angel_id int, polo_id int, data_limite timestamp, data_de_atendimento timestamp, day date",
    "angel": "id int, nome text",
    "polo": "id int, nome text",
}

Counts = set[tuple[str, int, int]]


@dataclass(frozen=True, slots=True)
class Grouping:
    """What to count: the attended of each `group`, and `column`, a key of AGGREGATES, from one day to another."""

    group: str
    column: str
    start: date
    end: date

    def sql(self, dialect: dict[str, str]) -> str:
        """Return the statement in the dialect of an engine."""
        aggregates = AGGREGATES[self.column].format(margin=dialect["margin"])
        return GROUP_BY.format(
            group=self.group, aggregates=aggregates, records=dialect["records"], start=self.start, end=self.end
        )


class Engines:
    """Postgres with the records, and DuckDB with a copy of them."""

    def __init__(self, postgres: psycopg.Connection[Any], duck: duckdb.DuckDBPyConnection) -> None:
        self._postgres, self._duck = postgres, duck

    def days(self) -> tuple[date, date]:
        """Return the first and last day on which anything was attended."""
        row = self._postgres.execute(f"select min(day), max(day) from {POSTGRES['records']}").fetchone()
        if row is None or row[0] is None:
            raise Inexact("Nothing was imported.")
        return row[0], row[1]

    def in_postgres(self, grouping: Grouping) -> Counts:
        """Return (name, total, other count) of each group."""
        return _counts(self._postgres.execute(grouping.sql(POSTGRES)).fetchall())

    def in_duckdb(self, grouping: Grouping) -> Counts:
        """Return (name, total, other count) of each group."""
        return _counts(self._duck.execute(grouping.sql(DUCKDB)).fetchall())

    def fill_duckdb(self, path: Path) -> None:
        """Copy the records over, through a file at `path`."""
        for table, columns in TABLES.items():
            names = ", ".join(column.split()[0] for column in columns.split(", "))
            source = POSTGRES["records"] if table == "atendimento" else table
            with (
                path.open("wb") as file,
                self._postgres.cursor().copy(f"copy (select {names} from {source}) to stdout (format csv)") as copy,
            ):
                for block in copy:
                    file.write(block)
            self._duck.execute(f"create table {table} ({columns})")
            self._duck.execute(f"copy {table} from '{path}' (format csv, header false)")
            path.unlink()


@contextlib.contextmanager
def engines(database_url: str, folder: Path) -> Iterator[Engines]:
    """Connect to both for as long as the block runs; DuckDB is filled through a file in `folder`."""
    with psycopg.connect(database_url) as postgres, duckdb.connect() as duck:
        both = Engines(postgres, duck)
        both.fill_duckdb(folder / "records.csv")
        yield both


def _counts(rows: list[tuple[Any, ...]]) -> Counts:
    return {(row[0], row[2], row[3]) for row in rows}
