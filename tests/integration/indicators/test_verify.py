"""`flask verify` finds every drift, and nothing where there is none."""

from __future__ import annotations

from datetime import date

import pytest
from flask import Flask

from src.repositories.verify import Difference
from src.services.verify import SHOWN, verify_rollups
from tests.integration.indicators.records import ANA, BAHIA, ROLLUPS, Records

JUNE_1 = date(2021, 6, 1)
COLUMNS = ("total", "on_time", "margin_seconds", "active_days")


def differences(app: Flask) -> list[Difference]:
    with app.app_context():
        drift = verify_rollups()
    assert drift.count == len(drift.shown)
    return drift.shown


def test_an_empty_database_agrees(app: Flask) -> None:
    assert differences(app) == []


def test_what_the_triggers_made_agrees(app: Flask, records: Records) -> None:
    records.add()
    records.add("2021-06-02 10:00:00")
    records.add(None)
    records.add(status="cancelled")
    assert differences(app) == []


def test_a_row_of_zeros_is_as_good_as_none(app: Flask, records: Records) -> None:
    records.execute("delete from atendimento where id = %s", (records.add(),))
    assert records.execute("select count(*) from angel_day").fetchone() == (1,)
    assert differences(app) == []
    records.execute("truncate angel_day, angel_month, polo_day, polo_month")
    assert differences(app) == []


@pytest.mark.parametrize(
    ("table", "column"), [(table, column) for table in ROLLUPS for column in COLUMNS[: 4 if "month" in table else 3]]
)
def test_a_count_that_is_off_by_one_is_found(app: Flask, records: Records, table: str, column: str) -> None:
    records.add("2021-06-01 23:59:50")
    records.execute(f"update {table} set {column} = {column} + 1")
    found = differences(app)
    right = (1, 1, 9) + ((1,) if table.endswith("month") else ())
    position = COLUMNS.index(column)
    wrong = tuple(count + (number == position) for number, count in enumerate(right))
    name = ANA if table.startswith("angel") else BAHIA
    assert found == [Difference(table, JUNE_1, name, stored=wrong, recomputed=right)]


@pytest.mark.parametrize("table", ROLLUPS)
def test_a_row_that_is_missing_or_too_many_is_found(app: Flask, records: Records, table: str) -> None:
    records.add()
    records.execute(f"delete from {table}")
    (missing,) = differences(app)
    assert (missing.rollup, missing.stored) == (table, None)
    records.execute("alter table atendimento disable trigger user")
    records.execute("delete from atendimento")
    records.execute("alter table atendimento enable trigger user")
    assert {found.rollup for found in differences(app)} == set(ROLLUPS) - {table}
    assert {found.recomputed for found in differences(app)} == {None}


def test_rows_of_an_angel_that_is_gone_are_found(app: Flask, records: Records) -> None:
    records.execute("insert into angel_day values ('2021-06-01', 99, 1, 1, 0)")
    assert differences(app) == [Difference("angel_day", JUNE_1, None, stored=(1, 1, 0), recomputed=None)]


def test_the_command_says_that_all_agrees(app: Flask, records: Records) -> None:
    records.add()
    result = app.test_cli_runner().invoke(args=["verify"])
    assert (result.exit_code, result.stdout) == (0, "The rollups agree with the records.\n")


def test_the_command_shows_at_most_twenty_differences_and_counts_all(app: Flask, records: Records) -> None:
    for day in range(1, 29):
        records.add(f"2021-06-{day:02} 10:00:00")
    records.execute("update angel_day set total = 77")
    records.execute("delete from polo_month")
    result = app.test_cli_runner().invoke(args=["verify"])
    assert result.exit_code == 1
    assert result.stdout.count("(77, ") == SHOWN == 20
    assert "29 rows of the rollups differ from the records." in result.stderr
