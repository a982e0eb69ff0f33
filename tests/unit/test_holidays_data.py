from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

import pytest

from migrations.data import make_holidays, make_holidays_v2

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


@pytest.fixture(scope="module")
def corrected() -> dict[str, set[str]]:
    """The days of holidays_v2.csv by calendar."""
    days: dict[str, set[str]] = {}
    for row in make_holidays_v2.read(make_holidays_v2.V2):
        days.setdefault(row.calendar, set()).add(row.date.isoformat())
    return days


def test_the_corrected_file_is_what_its_program_writes() -> None:
    assert make_holidays_v2.read(make_holidays_v2.V2) == make_holidays_v2.rows()


def test_the_corrected_file_is_in_order_and_states_repeat_no_national_day(corrected: dict[str, set[str]]) -> None:
    rows = [row[:2] for row in make_holidays_v2.read(make_holidays_v2.V2)]
    assert rows == sorted(set(rows))
    assert not [calendar for calendar, days in corrected.items() if calendar != "BR" and days & corrected["BR"]]


def test_the_years_of_the_first_file_have_the_same_national_days(
    rows: list[tuple[str, str]], corrected: dict[str, set[str]]
) -> None:
    assert {day for day in corrected["BR"] if "2015" <= day < "2036"} == {day for name, day in rows if name == "BR"}


@pytest.mark.parametrize(
    ("year", "count", "good_friday"),
    [(2000, 9, "04-21"), (2008, 9, "03-21"), (2014, 9, "04-18"), (2036, 10, "04-11"), (2050, 10, "04-08")],
)
def test_national_days_go_from_2000_to_2050(
    corrected: dict[str, set[str]], year: int, count: int, good_friday: str
) -> None:
    days = {day for day in corrected["BR"] if day.startswith(str(year))}
    # In 2000 Good Friday fell on Tiradentes.
    assert len(days) == count - (year == 2000)
    assert f"{year}-{good_friday}" in days
    assert (min(corrected["BR"]), max(corrected["BR"])) == ("2000-01-01", "2050-12-25")


# By the texts of the laws, which docs/decisions/0013-calendars.md names.
CHANGED = {
    "BR-AC": ["+2021-01-22", "+2026-01-22", "+2026-11-17"],
    "BR-AL": ["-2021-11-30", "+2021-11-29", "-2023-11-30", "+2023-12-01"],
    "BR-AP": ["+2021-05-15", "-2021-07-25"],
    "BR-BA": ["-2020-07-02", "+2020-05-25", "+2020-05-26"],
    "BR-CE": ["-2021-03-19", "-2023-08-15"],
    "BR-MA": ["-2021-07-28", "+2021-03-26", "-2020-07-28", "+2020-05-15", "+2024-05-30"],
    "BR-PB": ["-2021-08-05", "+2021-03-29", "+2021-03-30", "+2021-03-31", "+2021-04-01"],
    "BR-PI": ["-2020-10-19", "+2020-05-15", "-2021-10-19", "+2021-03-18"],
    "BR-RJ": ["-2021-04-23", *(f"+2021-{day}" for day in ("03-26", "03-29", "03-30", "03-31", "04-01"))],
    "BR-RN": ["-2021-08-07"],
    "BR-RO": ["-2020-06-18"],
    "BR-SE": ["-2020-07-08", "+2020-05-22"],
    "BR-SP": ["-2020-07-09", "+2020-05-25", "+2023-11-20"],
    "BR-TO": ["-2021-03-18"],
}


@pytest.mark.parametrize(("calendar", "changes"), CHANGED.items())
def test_states_have_the_days_that_their_laws_say(
    rows: list[tuple[str, str]], corrected: dict[str, set[str]], calendar: str, changes: list[str]
) -> None:
    before = {day for name, day in rows if name == calendar}
    for change in changes:
        is_new, day = change[0] == "+", change[1:]
        assert (day in before, day in corrected[calendar]) == (not is_new, is_new), change


def test_no_other_state_has_changed(rows: list[tuple[str, str]], corrected: dict[str, set[str]]) -> None:
    for calendar in {name for name, _ in rows} - {"BR", *CHANGED}:
        assert corrected[calendar] == {day for name, day in rows if name == calendar}, calendar
