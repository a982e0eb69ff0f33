"""The floor: how fast Postgres takes the file's text if nothing is asked of it.

COPY in csv format into six text columns of an UNLOGGED table without keys or indexes, over one connection.
"""

from __future__ import annotations

import statistics
from pathlib import Path

import psycopg

from benchmarks.timing import seconds_of

BLOCK = 1024 * 1024
CREATE = """
    create unlogged table benchmark_floor (
        id_atendimento text, id_cliente text, angel text, polo text, data_limite text, data_de_atendimento text
    )
"""
DROP = "drop table benchmark_floor"
COPY = "copy benchmark_floor from stdin with (format csv, delimiter ';', header true)"


class Floor:
    """Copies one file now and then: between the imports too, so that both meet the same machine, busy or idle."""

    def __init__(self, database_url: str, path: Path) -> None:
        self._database_url, self._path = database_url, path
        self._seconds: list[float] = []

    def take(self) -> None:
        """Copy the file once, into a new table; leaves nothing behind."""
        with psycopg.connect(self._database_url, autocommit=True) as connection:
            connection.execute(CREATE)
            try:
                self._seconds.append(seconds_of(lambda: _copy(connection, self._path)))
            finally:
                connection.execute(DROP)

    @property
    def seconds(self) -> float:
        """The median of the copies so far."""
        return statistics.median(self._seconds)


def _copy(connection: psycopg.Connection[tuple[object, ...]], path: Path) -> None:
    with path.open("rb") as file, connection.cursor().copy(COPY) as copy:
        while block := file.read(BLOCK):
            copy.write(block)
