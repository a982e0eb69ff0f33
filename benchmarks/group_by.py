"""The same questions without rollups: a GROUP BY over the records, in Postgres and in an in-memory DuckDB."""

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
    select name.nome, {columns}
    from (
        select {group}_id, count(*) as total, {aggregates}
        from atendimento
        where
            status = 'done'
            and deleted_at is null
            and data_de_atendimento >= date '{start}'
            and data_de_atendimento < date '{end}' + 1
        group by {group}_id
    ) as counts
    inner join {group} as name on name.id = counts.{group}_id
    order by total desc, name.nome
"""
ON_TIME = "count(*) filter (where data_de_atendimento <= data_limite) as on_time"
# By indicator: the columns of the answer, and the aggregates that they need.
COLUMNS = {
    "productivity": (
        "total, active_days, total / nullif({business_days}, 0)::float8",
        "count(distinct data_de_atendimento::date) as active_days",
    ),
    "sla": (
        "total, on_time, total - on_time, on_time / total::float8, margin / (total * {units_in_an_hour})",
        f"{ON_TIME}, sum({{margin}}) as margin",
    ),
}
# The margin of a record in the unit that each is fastest with, and how many of those an hour has.
POSTGRES = {"margin": "date_part('epoch', data_limite - data_de_atendimento)", "units_in_an_hour": "3600"}
DUCKDB = {"margin": "epoch_us(data_limite) - epoch_us(data_de_atendimento)", "units_in_an_hour": "3600e6"}

# DuckDB's tables: every record, but only the columns that the questions read; a status is a number there, not a text.
TYPES = "create type status as enum ('pending', 'done', 'cancelled')"
TABLES = {
    "atendimento": "angel_id int, polo_id int, data_limite timestamp, data_de_atendimento timestamp,"
    " status status, deleted_at timestamptz",
    "angel": "id int, nome text",
    "polo": "id int, nome text",
}

Rows = list[tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Grouping:
    """A question: `columns`, a key of COLUMNS, of each `group`, from one day to another, both included."""

    columns: str
    group: str
    start: date
    end: date
    business_days: int

    def sql(self, dialect: dict[str, str]) -> str:
        """Return the statement in the dialect of an engine."""
        columns, aggregates = (
            text.format(business_days=self.business_days, **dialect) for text in COLUMNS[self.columns]
        )
        return GROUP_BY.format(columns=columns, aggregates=aggregates, group=self.group, start=self.start, end=self.end)


class Engines:
    """Postgres with the records, and DuckDB with a copy of them."""

    def __init__(self, postgres: psycopg.Connection[Any], duck: duckdb.DuckDBPyConnection) -> None:
        self._postgres, self._duck = postgres, duck

    def in_postgres(self, grouping: Grouping) -> Rows:
        """Return the rows of the answer."""
        return self._postgres.execute(grouping.sql(POSTGRES)).fetchall()

    def prepare_duckdb(self, grouping: Grouping) -> None:
        """Make the question the one that `in_duckdb` asks: the service's statements are parsed once too."""
        self._duck.execute(f"prepare question as {grouping.sql(DUCKDB)}")

    def in_duckdb(self) -> Rows:
        """Return the rows of the answer to the question prepared."""
        rows: Rows = self._duck.execute("execute question").fetchall()
        return rows

    def fill_duckdb(self, path: Path) -> None:
        """Copy the records over, through a file at `path`."""
        self._duck.execute(TYPES)
        for table, columns in TABLES.items():
            names = ", ".join(column.split()[0] for column in columns.split(", "))
            with (
                path.open("wb") as file,
                self._postgres.cursor().copy(f"copy (select {names} from {table}) to stdout (format csv)") as copy,
            ):
                for block in copy:
                    file.write(block)
            self._duck.execute(f"create table {table} ({columns})")
            self._duck.execute(f"copy {table} from '{path}' (format csv, header false)")
            path.unlink()
        if self._duck.execute("select count(*) from atendimento").fetchone() == (0,):
            raise Inexact("Nothing was imported.")


@contextlib.contextmanager
def engines(database_url: str, folder: Path) -> Iterator[Engines]:
    """Connect to both for as long as the block runs; DuckDB is filled through a file in `folder`."""
    with psycopg.connect(database_url) as postgres, duckdb.connect() as duck:
        both = Engines(postgres, duck)
        both.fill_duckdb(folder / "records.csv")
        yield both
