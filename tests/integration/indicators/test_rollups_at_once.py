"""Writers at once, on the same angels and days: no deadlock between single statements, no drift, no torn read."""

from __future__ import annotations

import random
import threading

import psycopg
import pytest

from src.config import Settings
from src.database import database_url
from tests.integration.at_once import at_once
from tests.integration.indicators.records import ANA, BAHIA, BIA, CAIO, SAMPA, Records

pytestmark = pytest.mark.usefixtures("exact_rollups")
COLUMNS = "id, id_cliente, angel_id, polo_id, data_limite, data_de_atendimento, status"


def overlapping_statement(draw: random.Random, first_id: int) -> str:
    """Return a statement that changes records of its own, one or many, of angels and days that all writers share."""
    many = draw.random() < 0.5
    if draw.random() < 0.5:
        # One falls on any day of the year, so that writers make the first visits of a year for one another.
        many_days = f"'2021-05-25' + ((i * {draw.randint(1, 9)}) % 12)"
        first = many_days if many else f"'2021-01-01' + {draw.randint(0, 364)}"
        return (
            f"insert into atendimento ({COLUMNS}) select {first_id} + i, 1, 1 + (i * {draw.randint(1, 7)}) % 3,"
            f" 1 + i % 2, '2021-06-10', timestamp {first} * interval '1 day',"
            f" 'done' from generate_series(1, {20 if many else 1}) as i"
        )
    own = f"id between {first_id - 200} and {first_id}" if many else f"id = {first_id - 100 + 1}"
    change = draw.choice(
        [
            "angel_id = 1 + id % 3",
            "data_de_atendimento = data_de_atendimento + interval '1 day'",
            "polo_id = 3 - polo_id",
        ]
    )
    return draw.choice(
        [f"update atendimento set {change} where {own}", f"delete from atendimento where {own} and id % 3 = 0"]
    )


def prepare_names(records: Records) -> None:
    assert [records.angel(nome) for nome in (ANA, BIA, CAIO)] == [1, 2, 3]
    assert [records.polo(nome) for nome in (BAHIA, SAMPA)] == [1, 2]
    records.execute("insert into cliente (id) values (1)")


def test_writers_of_one_statement_at_once_neither_deadlock_nor_drift(records: Records, settings: Settings) -> None:
    prepare_names(records)

    def write(number: int) -> int:
        draw = random.Random(number)
        with psycopg.connect(database_url(settings), autocommit=True) as connection:
            connection.execute("set deadlock_timeout = '50ms'")
            for turn in range(25):
                connection.execute(overlapping_statement(draw, number * 100_000 + turn * 100 + 1000).encode())
        return 25

    assert at_once(6, write) == [25] * 6


def test_writers_of_many_statements_at_once_do_not_drift(records: Records, settings: Settings) -> None:
    prepare_names(records)

    def write(number: int) -> int:
        draw = random.Random(number)
        done = 0
        with psycopg.connect(database_url(settings), autocommit=True) as connection:
            connection.execute("set deadlock_timeout = '50ms'")
            for turn in range(12):
                try:
                    with connection.transaction():
                        for step in range(3):
                            first_id = number * 100_000 + turn * 1000 + step * 100 + 1000
                            connection.execute(overlapping_statement(draw, first_id).encode())
                    done += 1
                except psycopg.errors.DeadlockDetected:
                    continue  # what a writer of several statements must expect; it is undone as a whole
        return done

    assert sum(at_once(4, write)) > 12


def test_a_reader_never_sees_records_and_rollups_apart(records: Records, settings: Settings) -> None:
    prepare_names(records)
    over = threading.Event()

    def write(number: int) -> int:
        draw = random.Random(number)
        try:
            with psycopg.connect(database_url(settings), autocommit=True) as connection:
                for turn in range(40):
                    connection.execute(overlapping_statement(draw, turn * 100 + 1000).encode())
        finally:
            over.set()
        return 0

    def read(number: int) -> int:
        seen = 0
        with psycopg.connect(database_url(settings), autocommit=True) as connection:
            while not over.is_set():
                row = connection.execute(
                    "select (select count(*) from atendimento), (select coalesce(sum(total), 0) from angel_day),"
                    " (select coalesce(sum(total), 0) from polo_month)"
                ).fetchone()
                assert row
                assert row[0] == row[1] == row[2]
                seen += 1
        return seen

    assert at_once(2, lambda number: write(number) if number == 0 else read(number))[1] > 0
