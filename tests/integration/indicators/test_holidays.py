"""The calendars as a migrated database has them."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from tests.integration.indicators.conftest import Ask, Get
from tests.integration.indicators.records import Records


def business_days(ask: Ask, start: str, end: str, calendar: str = "BR") -> int:
    period = ask("sla/polo", start_date=start, end_date=end, calendar=calendar)["period"]
    assert (period["start_date"], period["end_date"], period["calendar"]) == (start, end, calendar)
    return int(period["business_days"])


@pytest.mark.parametrize(
    ("year", "weekdays", "holidays"),
    # Of the nine national holidays of 2021 seven fell on a weekday, of those of 2023 eight, of the ten of 2024 six.
    [(2021, 261, 7), (2023, 260, 8), (2024, 262, 6)],
)
def test_a_year_has_its_weekdays_less_its_national_holidays(ask: Ask, year: int, weekdays: int, holidays: int) -> None:
    bounds = (f"{year}-01-01", f"{year}-12-31")
    assert business_days(ask, *bounds, "weekdays") == weekdays
    assert business_days(ask, *bounds) == weekdays - holidays


def test_the_day_of_black_consciousness_is_national_from_2024_on(ask: Ask) -> None:
    assert business_days(ask, "2023-11-20", "2023-11-20") == 1
    assert business_days(ask, "2024-11-20", "2024-11-20") == 0


@pytest.mark.parametrize("day", ["2021-02-15", "2021-02-16", "2021-02-17", "2021-06-03"])
def test_carnaval_and_corpus_christi_are_business_days(ask: Ask, day: str) -> None:
    assert business_days(ask, day, day) == 1


@pytest.mark.parametrize(("uf", "day"), [("BA", "2021-07-02"), ("SP", "2021-07-09"), ("RJ", "2024-04-23")])
def test_a_state_s_own_holiday_counts_in_its_calendar_alone(ask: Ask, uf: str, day: str) -> None:
    assert business_days(ask, day, day, f"BR-{uf}") == 0
    assert business_days(ask, day, day) == 1
    assert business_days(ask, day, day, "BR-MG") == 1


@pytest.mark.parametrize("calendar", ["BR-MG", "BR-PR", "BR-SP"])
def test_a_state_s_calendar_has_the_national_holidays_too(ask: Ask, calendar: str) -> None:
    assert business_days(ask, "2021-09-06", "2021-09-08", calendar) == 2


@pytest.mark.parametrize("calendar", ["XX", "BR-XX", "br", "BR-"])
def test_an_unknown_calendar_is_refused_with_a_sentence_that_names_the_others(get: Get, calendar: str) -> None:
    response = get("indicators/productivity", calendar=calendar)
    assert response.status_code == 422
    assert "BR, weekdays, BR-AC" in response.get_json()["detail"]


def test_holidays_are_data_an_edit_counts_at_once(ask: Ask, records: Records) -> None:
    try:
        records.execute("insert into holiday values ('BR', '2021-06-09', 'A day off')")
        assert business_days(ask, "2021-06-07", "2021-06-11") == 4
    finally:
        records.execute("delete from holiday where date = '2021-06-09'")
    assert business_days(ask, "2021-06-07", "2021-06-11") == 5


@pytest.mark.parametrize(
    ("uf", "day", "days"),
    [
        ("SP", "2020-07-09", 1),  # moved to 25 May of that year by law 17.264/2020
        ("SP", "2020-05-25", 0),
        ("SP", "2021-07-09", 0),
        ("SP", "2023-11-20", 0),  # law 17.746/2023
        ("SP", "2022-11-21", 1),
        ("RJ", "2021-03-29", 0),  # law 9.224/2021
        ("RJ", "2021-04-23", 1),
        ("BA", "2020-05-26", 0),
        ("TO", "2021-03-18", 1),
    ],
)
def test_states_have_their_holidays_when_the_law_of_the_year_had_them(ask: Ask, uf: str, day: str, days: int) -> None:
    assert business_days(ask, day, day, f"BR-{uf}") == days


@pytest.mark.parametrize(("year", "weekdays", "holidays"), [(2001, 261, 8), (2008, 262, 5), (2040, 261, 8)])
def test_years_without_a_library_have_their_national_holidays(
    ask: Ask, year: int, weekdays: int, holidays: int
) -> None:
    # On a weekend were: in 2001 Tiradentes; in 2008 7 Sep, 12 Oct, 2 and 15 Nov; in 2040 1 Jan and Tiradentes.
    bounds = (f"{year}-01-01", f"{year}-12-31")
    assert business_days(ask, *bounds, "weekdays") == weekdays
    assert business_days(ask, *bounds) == weekdays - holidays


@pytest.mark.parametrize(
    ("calendar", "start", "covers", "bounds"),
    [
        ("BR", "2021-06-01", True, ("2000-01-01", "2050-12-31")),
        ("BR", "1999-06-01", False, ("2000-01-01", "2050-12-31")),
        ("BR-SP", "2014-06-01", False, ("2015-01-01", "2035-12-31")),
        ("weekdays", "1950-06-01", True, (None, None)),
    ],
)
def test_every_answer_says_whether_the_calendar_knows_the_period(
    ask: Ask, get: Get, client: FlaskClient, calendar: str, start: str, covers: bool, bounds: tuple[str | None, ...]
) -> None:
    asked = {"start_date": start, "end_date": "2021-06-30", "calendar": calendar}
    period = ask("sla/polo", **asked)["period"]
    assert (period["calendar_covers"], (period["calendar_start_date"], period["calendar_end_date"])) == (covers, bounds)
    stated = get("indicators/sla/polo", format="csv", **asked).headers["Indicator-Period"]
    assert f"calendar_covers=?{covers:d}" in stated
    options = ["--start-date", start, "--end-date", "2021-06-30", "--calendar", calendar]
    table = client.application.test_cli_runner().invoke(args=["indicators", "sla-polo", *options]).stdout
    warning = f"The calendar {calendar} knows the holidays from {bounds[0]} to {bounds[1]} only"
    assert (warning in table) == (not covers)
