"""`flask verify` finds every drift, and nothing where there is none."""

from __future__ import annotations

from datetime import date

import pytest
from flask import Flask

from src.repositories.verify import Difference
from src.services.verify import SHOWN, verify_rollups
from tests.integration.indicators.records import ANA, BAHIA, ROLLUPS, Records, start_dates

JUNE_1, JUNE_15 = date(2021, 6, 1), date(2021, 6, 15)
MARKS_FROM_JUNE = start_dates("to_date", JUNE_1)
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
    records.execute(f"truncate {', '.join(ROLLUPS)}")
    assert differences(app) == []


@pytest.mark.parametrize(
    ("table", "column"), [(table, column) for table in ROLLUPS for column in COLUMNS[: 3 if "day" in table else 4]]
)
def test_a_count_that_is_off_by_one_is_found(app: Flask, records: Records, table: str, column: str) -> None:
    records.add("2021-06-01 23:59:50")
    key = "month" if table.endswith("month") else "day"
    records.execute(f"update {table} set {column} = {column} + 1 where {key} <= %s", (JUNE_15,))
    found = differences(app)
    right = (1, 1, 9) + (() if table.endswith("day") else (1,))
    position = COLUMNS.index(column)
    wrong = tuple(count + (number == position) for number, count in enumerate(right))
    name = ANA if table.startswith("angel") else BAHIA
    start_date = JUNE_15 if table.endswith("to_date") else JUNE_1
    assert found == [Difference(table, start_date, name, stored=wrong, recomputed=right)]


@pytest.mark.parametrize("table", ROLLUPS)
def test_a_row_that_is_missing_or_too_many_is_found(app: Flask, records: Records, table: str) -> None:
    records.add()
    rows = 2 * (1 + 1 + len(MARKS_FROM_JUNE))
    records.execute(f"delete from {table}")
    missing = differences(app)
    assert len(missing) == (len(MARKS_FROM_JUNE) if table.endswith("to_date") else 1)
    assert {(found.rollup, found.stored) for found in missing} == {(table, None)}
    records.execute("alter table atendimento disable trigger user")
    records.execute("delete from atendimento")
    records.execute("alter table atendimento enable trigger user")
    with app.app_context():
        assert verify_rollups().count == rows - len(missing)
    records.execute("delete from angel_to_date where day > %s", (JUNE_15,))
    records.execute("delete from polo_to_date where day > %s", (JUNE_15,))
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


def test_the_command_lists_records_whose_dates_can_not_be_true_and_leaves_them(app: Flask, records: Records) -> None:
    good = records.add()
    bad = [
        records.add("1900-01-01 10:00:00"),
        records.add("2091-06-29 10:00:00"),
        records.add(None, deadline="1999-12-31 23:59:59"),
        records.add(None, deadline="2091-06-30 23:59:59"),
    ]
    records.add("1900-01-01 10:00:00", deleted=True)
    result = app.test_cli_runner().invoke(args=["verify"])
    assert result.exit_code == 0
    assert "4 records have a date that would be rejected today" in result.stdout
    shown = [int(line.split("│")[1]) for line in result.stdout.splitlines() if line.startswith("│")]
    assert shown == bad
    assert "The rollups agree with the records." in result.stdout
    assert len(records.visits()) == 5 + len([good])
