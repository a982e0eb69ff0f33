"""The records as a raw writer sees them, and their rollups counted a second time in Python."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

import psycopg

from src.config import Settings
from src.database import database_url

ANA, BIA, CAIO = "Ana", "Bia", "Caio"
BAHIA, SAMPA = "BA - FEIRA DE SANTANA", "SP - SAO PAULO"
ROLLUPS = {
    "angel_day": "select day, angel.nome, total, on_time, margin_seconds",
    "angel_month": "select month, angel.nome, total, on_time, margin_seconds, active_days",
    "angel_to_date": "select day, angel.nome, total, on_time, margin_seconds, active_days",
    "polo_day": "select day, polo.nome, total, on_time, margin_seconds",
    "polo_month": "select month, polo.nome, total, on_time, margin_seconds, active_days",
    "polo_to_date": "select day, polo.nome, total, on_time, margin_seconds, active_days",
}

Key = tuple[date, str]
Counts = tuple[int, ...]


def start_dates(unit: str, day: date) -> list[date]:
    """Return the dates of the rows that a visit of the day counts in."""
    if unit == "to_date":
        days = [date(day.year, 1, 1) + timedelta(days=number) for number in range(366)]
        marks = [each for each in days if each.day == 15 or (each + timedelta(days=1)).day == 1]
        return [mark for mark in marks if mark >= day and mark.year == day.year]
    return [day if unit == "day" else day.replace(day=1)]


class Visit(NamedTuple):
    """A stored record, as far as the rollups care."""

    angel: str
    polo: str
    data_limite: datetime
    data_de_atendimento: datetime | None
    status: str
    is_deleted: bool


class Records:
    """A raw connection, each statement a transaction of its own."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self.connection = connection
        self.execute = connection.execute

    def angel(self, nome: str) -> int:
        return self._id("angel", nome)

    def polo(self, nome: str) -> int:
        return self._id("polo", nome)

    def add(
        self,
        visit: str | None = "2021-06-01 10:00:00",
        *,
        angel: str = ANA,
        polo: str = BAHIA,
        deadline: str = "2021-06-01 23:59:59",
        status: str | None = None,
        deleted: bool = False,
    ) -> int:
        """Store one record and return its id; without a status it is done where it has a visit, else pending."""
        self.execute("insert into cliente (id) values (1) on conflict do nothing")
        row = self.execute(
            "insert into atendimento"
            " (id, id_cliente, angel_id, polo_id, data_limite, data_de_atendimento, status, deleted_at)"
            " values (nextval('atendimento_id_seq'), 1, %s, %s, %s, %s, %s, case when %s then now() end) returning id",
            (
                self.angel(angel),
                self.polo(polo),
                deadline,
                visit,
                status or ("done" if visit else "pending"),
                deleted,
            ),
        ).fetchone()
        assert row
        return int(row[0])

    def rollup(self, table: str) -> dict[Key, Counts]:
        """Return a rollup by date and name, without its rows of zeros."""
        group = table.partition("_")[0]
        rows = self.execute(f"{ROLLUPS[table]} from {table} inner join {group} on {group}.id = {group}_id")
        return {(row[0], row[1]): counts for row in rows if any(counts := tuple(row[2:]))}

    def recounted(self, table: str) -> dict[Key, Counts]:
        """Return what the rollup should be, from the records, counted here."""
        group, _, unit = table.partition("_")
        sums: dict[Key, Counter[str]] = {}
        days: dict[Key, set[date]] = {}
        for visit in self.visits():
            if visit.status != "done" or visit.is_deleted or visit.data_de_atendimento is None:
                continue
            day = visit.data_de_atendimento.date()
            margin = visit.data_limite - visit.data_de_atendimento
            for start_date in start_dates(unit, day):
                key = (start_date, getattr(visit, group))
                counter = sums.setdefault(key, Counter())
                counter["total"] += 1
                counter["on_time"] += visit.data_de_atendimento <= visit.data_limite
                counter["margin"] += margin.days * 86400 + margin.seconds
                days.setdefault(key, set()).add(day)
        return {
            key: (counter["total"], counter["on_time"], counter["margin"])
            + ((len(days[key]),) if unit != "day" else ())
            for key, counter in sums.items()
        }

    def visits(self) -> list[Visit]:
        rows = self.execute(
            "select angel.nome, polo.nome, data_limite, data_de_atendimento, status, deleted_at is not null"
            " from atendimento inner join angel on angel.id = angel_id inner join polo on polo.id = polo_id"
        )
        return [Visit(*row) for row in rows]

    def assert_rollups_are_exact(self) -> None:
        for table in ROLLUPS:
            assert self.rollup(table) == self.recounted(table), table

    def _id(self, table: str, nome: str) -> int:
        self.execute(f"insert into {table} (nome) values (%s) on conflict do nothing", (nome,))
        row = self.execute(f"select id from {table} where nome = %s", (nome,)).fetchone()
        assert row
        return int(row[0])


@contextmanager
def open_records(settings: Settings) -> Iterator[Records]:
    with psycopg.connect(database_url(settings), autocommit=True) as connection:
        yield Records(connection)
