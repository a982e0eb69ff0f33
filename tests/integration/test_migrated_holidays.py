"""A correction of the calendars changes what the service wrote, never what an owner edited."""

from __future__ import annotations

import csv
from pathlib import Path

import psycopg
import pytest

from src.extensions import alembic
from tests.integration.test_migrations import empty_database, other_app  # noqa: F401 - fixtures

DATA = Path(__file__).parents[2] / "migrations" / "data"
Rows = set[tuple[str, str, str]]


def rows_of(name: str) -> Rows:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return {(row["calendar"], row["date"], row["name"]) for row in csv.DictReader(file)}


@pytest.mark.usefixtures("other_app")
def test_rows_that_were_edited_survive_up_and_down(empty_database: dict[str, str]) -> None:  # noqa: F811
    v1, v2 = rows_of("holidays_v1.csv"), rows_of("holidays_v2.csv")
    ours = {
        ("BR-SP", "2023-11-20", "Consciência Negra (nossa)"),  # added before we did
        ("BR-TO", "2021-03-18", "Autonomia, por acordo"),  # renamed: no more as v1 made it
        ("BR-MG", "2021-12-08", "Dia dos Gerais"),  # the owner's alone
    }
    removed = {("BR-SP", "2021-07-09", "Revolução Constitucionalista")}  # in both files
    alembic.upgrade("0010")

    def stored() -> Rows:
        with psycopg.connect(empty_database["DATABASE_URL"]) as connection:
            return set(connection.execute("select calendar, date::text, name from holiday").fetchall())

    assert stored() == v1
    with psycopg.connect(empty_database["DATABASE_URL"]) as connection:
        connection.execute("delete from holiday where (calendar, date) = ('BR-TO', '2021-03-18')")
        connection.execute("delete from holiday where (calendar, date) = ('BR-SP', '2021-07-09')")
        connection.cursor().executemany("insert into holiday values (%s, %s, %s)", sorted(ours))
    alembic.upgrade("0011")
    replaced = {("BR-SP", "2023-11-20", "Consciência Negra")}
    assert stored() == (v2 - removed - replaced) | ours
    alembic.downgrade("0010")
    assert stored() == (v1 - removed - {("BR-TO", "2021-03-18", "Dia da Autonomia")}) | ours
