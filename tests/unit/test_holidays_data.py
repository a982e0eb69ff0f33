from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

import pytest

from migrations.data import make_holidays

FILE = Path(__file__).parents[2] / "migrations" / "data" / "holidays_v1.csv"


@pytest.fixture(scope="module")
def rows() -> list[tuple[str, str]]:
    with FILE.open(encoding="utf-8", newline="") as file:
        return [(row["calendar"], row["date"]) for row in csv.DictReader(file)]


def test_the_file_is_in_order_and_names_no_day_of_a_calendar_twice(rows: list[tuple[str, str]]) -> None:
    assert rows == sorted(set(rows))


@pytest.mark.parametrize(("year", "count"), [(2015, 9), (2021, 9), (2023, 9), (2024, 10), (2035, 10)])
def test_the_national_calendar_has_the_days_of_rule_5_alone(rows: list[tuple[str, str]], year: int, count: int) -> None:
    national = [day for calendar, day in rows if calendar == "BR" and day.startswith(str(year))]
    fixed = ["01-01", "04-21", "05-01", "09-07", "10-12", "11-02", "11-15", "12-25"] + ["11-20"] * (year >= 2024)
    assert {f"{year}-{day}" for day in fixed} < set(national)
    assert len(national) == count


@pytest.mark.parametrize("good_friday", ["2015-04-03", "2021-04-02", "2024-03-29", "2035-03-23"])
def test_good_friday_is_national(rows: list[tuple[str, str]], good_friday: str) -> None:
    assert ("BR", good_friday) in rows


def test_carnaval_and_corpus_christi_are_no_national_holidays(rows: list[tuple[str, str]]) -> None:
    assert not {("BR", "2021-02-15"), ("BR", "2021-02-16"), ("BR", "2021-06-03")} & set(rows)


@pytest.mark.parametrize(
    ("calendar", "day"),
    [("BR-SP", "2021-07-09"), ("BR-BA", "2021-07-02"), ("BR-RJ", "2021-04-23"), ("BR-RJ", "2023-11-20")],
)
def test_states_add_their_own_days(rows: list[tuple[str, str]], calendar: str, day: str) -> None:
    assert (calendar, day) in rows


def test_states_repeat_no_national_day(rows: list[tuple[str, str]]) -> None:
    national = {day for calendar, day in rows if calendar == "BR"}
    assert not [row for row in rows if row[0] != "BR" and row[1] in national]


def test_the_library_still_says_the_same(rows: list[tuple[str, str]]) -> None:
    made = [(calendar, day.isoformat()) for calendar, day, _ in make_holidays.rows()]
    assert made == rows
    assert min(day for _, day in rows) == date(2015, 1, 1).isoformat()
