"""The rules of the indicators, one claim each, through the HTTP API."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask import Flask

from src.domain.dates import DateRules, parse_deadline, parse_visit
from tests.integration.indicators.conftest import Ask, Get
from tests.integration.indicators.records import ANA, BIA, Records

ZONE = ZoneInfo("America/Sao_Paulo")
RULES = DateRules.of(ZONE, date(2021, 12, 31), date(2000, 1, 1))
PRODUCTIVITY, SLA_ANGEL, SLA_POLO = "productivity", "sla/angel", "sla/polo"
BR = {
    "calendar": "BR",
    "calendar_covers": True,
    "calendar_start_date": "2000-01-01",
    "calendar_end_date": "2050-12-31",
}


def only_row(answer: dict[str, Any]) -> dict[str, Any]:
    assert answer["count"] == len(answer["data"]) == 1
    row: dict[str, Any] = answer["data"][0]
    return row


def add_as_in_a_file(records: Records, deadline: str, visit: str) -> None:
    made = parse_visit(visit, RULES)
    records.add(made.isoformat() if made else None, deadline=parse_deadline(deadline, RULES).isoformat())


# Rule 1: on time


def test_visit_on_the_last_day_is_on_time(records: Records, ask: Ask) -> None:
    add_as_in_a_file(records, "30/06/2021", "30/06/2021 23:59:59")
    assert only_row(ask(SLA_ANGEL))["on_time"] == 1


def test_visit_in_the_first_second_of_the_day_after_is_late(records: Records, ask: Ask) -> None:
    add_as_in_a_file(records, "30/06/2021", "01/07/2021 00:00:00")
    assert only_row(ask(SLA_ANGEL))["late"] == 1


def test_visit_at_the_very_moment_of_the_deadline_is_on_time(records: Records, ask: Ask) -> None:
    add_as_in_a_file(records, "30/06/2021 12:00:00", "30/06/2021 12:00:00")
    add_as_in_a_file(records, "30/06/2021 12:00:00", "30/06/2021 12:00:01")
    row = only_row(ask(SLA_ANGEL))
    assert (row["on_time"], row["late"], row["avg_margin_hours"]) == (1, 1, -0.5 / 3600)


def test_visit_without_a_time_was_made_at_midnight(records: Records, ask: Ask) -> None:
    add_as_in_a_file(records, "30/06/2021", "30/06/2021")
    assert only_row(ask(SLA_ANGEL))["avg_margin_hours"] == 86399 / 3600


# Rule 2: SLA


def test_sla_is_on_time_by_attended(records: Records, ask: Ask) -> None:
    for day in ("01", "02", "03"):
        records.add(f"2021-06-{day} 10:00:00", deadline="2021-06-02 23:59:59")
    row = only_row(ask(SLA_ANGEL))
    assert (row["total"], row["on_time"], row["late"], row["sla"]) == (3, 2, 1, 2 / 3)


def test_what_was_not_attended_is_not_in_the_denominator(records: Records, ask: Ask) -> None:
    records.add()
    records.add(None, deadline="2020-01-01 00:00:00")
    records.add(status="cancelled")
    records.add(None, status="cancelled")
    records.add(deleted=True)
    assert only_row(ask(SLA_POLO))["sla"] == 1.0
    assert only_row(ask(SLA_ANGEL))["total"] == 1


def test_an_angel_that_attended_nothing_has_no_row(records: Records, ask: Ask) -> None:
    records.add(angel=ANA)
    records.add(None, angel=BIA)
    id = records.add(angel="Caio")
    records.execute("delete from atendimento where id = %s", (id,))
    assert [row["angel"] for row in ask(PRODUCTIVITY)["data"]] == [ANA]


# Rule 3: productivity


def test_productivity_is_attended_by_business_days(records: Records, ask: Ask) -> None:
    for visit in ("2021-06-07 08:00:00", "2021-06-07 09:00:00", "2021-06-11 08:00:00"):
        records.add(visit)
    answer = ask(PRODUCTIVITY, start_date="2021-06-07", end_date="2021-06-13")
    assert answer["period"]["business_days"] == 5
    assert only_row(answer) == {"angel": ANA, "total": 3, "active_days": 2, "productivity": 3 / 5}


def test_work_on_a_weekend_or_a_holiday_counts_above_the_line_alone(records: Records, ask: Ask) -> None:
    records.add("2021-09-04 08:00:00")  # Saturday
    records.add("2021-09-07 08:00:00")  # Independence Day, a Tuesday
    answer = ask(PRODUCTIVITY, start_date="2021-09-04", end_date="2021-09-08")
    assert answer["period"]["business_days"] == 2
    assert only_row(answer) == {"angel": ANA, "total": 2, "active_days": 2, "productivity": 1.0}


# Rule 4: period


def test_both_days_of_the_period_are_included(records: Records, ask: Ask) -> None:
    for visit in ("2021-05-31 23:59:59", "2021-06-01 00:00:00", "2021-06-30 23:59:59", "2021-07-01 00:00:00"):
        records.add(visit)
    assert only_row(ask(SLA_ANGEL, start_date="2021-06-01", end_date="2021-06-30"))["total"] == 2


def test_without_bounds_the_period_goes_from_the_first_to_the_last_day_of_the_data(records: Records, ask: Ask) -> None:
    records.add("2021-06-03 10:00:00")
    records.add("2021-08-09 10:00:00")
    records.add("2020-01-01 10:00:00", status="cancelled")
    period = ask(PRODUCTIVITY, angel="nobody")["period"]
    assert period == {"start_date": "2021-06-03", "end_date": "2021-08-09", "business_days": 48, **BR}


def test_a_bound_that_is_missing_is_the_data_s(records: Records, ask: Ask) -> None:
    records.add("2021-06-03 10:00:00")
    records.add("2021-06-09 10:00:00")
    assert ask(SLA_POLO, start_date="2021-06-05")["period"]["end_date"] == "2021-06-09"
    assert ask(SLA_POLO, end_date="2021-06-05")["period"]["start_date"] == "2021-06-03"
    beyond = ask(SLA_POLO, start_date="2021-07-01")
    assert (beyond["period"]["start_date"], beyond["period"]["end_date"]) == ("2021-07-01", "2021-07-01")
    assert (beyond["period"]["business_days"], beyond["data"]) == (1, [])


def test_without_data_the_period_is_what_was_asked_or_nothing(ask: Ask) -> None:
    nothing = {"period": None, "count": 0, "data": [], "next": None, "prev": None}
    period = {"start_date": None, "end_date": None, "business_days": 0, **BR}
    assert ask(PRODUCTIVITY) == nothing | {"period": period}
    period = {"start_date": "2021-06-01", "end_date": "2021-06-30", "business_days": 22, **BR}
    assert ask(PRODUCTIVITY, start_date="2021-06-01", end_date="2021-06-30") == nothing | {"period": period}


# Rule 5: business days


@pytest.mark.parametrize(
    ("calendar", "business_days"),
    # February 2021 has 20 weekdays, April 22. Good Friday was 2 April, Tiradentes the 21st. Carnaval is no national
    # holiday, but one of Rio de Janeiro, and so is São Jorge, 23 April.
    [("BR", 20 + 20), ("weekdays", 20 + 22), ("BR-BA", 20 + 20), ("BR-RJ", 19 + 19)],
)
def test_business_days_are_weekdays_less_the_holidays_of_the_calendar(
    records: Records, ask: Ask, calendar: str, business_days: int
) -> None:
    days = [
        ask(PRODUCTIVITY, start_date=start, end_date=end, calendar=calendar)["period"]["business_days"]
        for start, end in (("2021-02-01", "2021-02-28"), ("2021-04-01", "2021-04-30"))
    ]
    assert sum(days) == business_days


def test_the_calendar_changes_the_productivity_and_not_the_sla(records: Records, ask: Ask) -> None:
    records.add("2021-07-02 10:00:00")
    week = {"start_date": "2021-06-28", "end_date": "2021-07-02"}
    assert only_row(ask(PRODUCTIVITY, **week))["productivity"] == 1 / 5
    assert only_row(ask(PRODUCTIVITY, **week, calendar="BR-BA"))["productivity"] == 1 / 4
    assert ask(SLA_ANGEL, **week)["data"] == ask(SLA_ANGEL, **week, calendar="BR-BA")["data"]


# Rule 6: sums, never means of ratios


def test_the_sla_of_a_polo_is_a_sum_by_a_sum_and_no_mean_of_its_angels(records: Records, ask: Ask) -> None:
    records.add(angel=ANA)
    for _ in range(3):
        records.add("2021-06-02 10:00:00", angel=BIA)
    assert [row["sla"] for row in ask(SLA_ANGEL, sort_field="angel", desc=False)["data"]] == [1.0, 0.0]
    assert only_row(ask(SLA_POLO))["sla"] == 1 / 4


def test_without_a_business_day_the_productivity_is_null_and_not_zero(records: Records, ask: Ask) -> None:
    records.add("2021-06-05 10:00:00")
    answer = ask(PRODUCTIVITY)
    assert answer["period"]["business_days"] == 0
    assert only_row(answer)["productivity"] is None


@pytest.mark.parametrize("path", [PRODUCTIVITY, SLA_ANGEL, SLA_POLO])
def test_a_period_longer_than_anybody_needs_is_refused_and_all_that_the_data_has_is_not(
    records: Records, get: Get, path: str
) -> None:
    records.add("2021-06-03 10:00:00")
    for bounds in ({"start_date": "0001-01-01", "end_date": "9999-12-31"}, {"start_date": "1700-01-01"}):
        response = get(f"indicators/{path}", **bounds)
        assert (response.status_code, list(response.get_json()["errors"])) == (422, ["end_date"])
        assert "longer than 250 years" in response.get_json()["detail"]
    for bounds in ({}, {"start_date": "1900-01-01"}, {"start_date": "1900-01-01", "end_date": "2100-01-01"}):
        assert get(f"indicators/{path}", **bounds).status_code == 200


def test_a_record_of_before_with_a_placeholder_or_a_visit_of_tomorrow_moves_nobodys_default_period(
    records: Records, ask: Ask
) -> None:
    today = datetime.now(ZONE).date()
    first, last = today - timedelta(days=20), today - timedelta(days=1)
    for day in (first, last, today + timedelta(days=1), date(1900, 1, 1), date(1999, 12, 31), date(2091, 6, 29)):
        records.add(f"{day} 10:00:00", angel=ANA)
    for path in (PRODUCTIVITY, SLA_ANGEL, SLA_POLO):
        answer = ask(path)
        assert (answer["period"]["start_date"], answer["period"]["end_date"]) == (str(first), str(last))
        assert only_row(answer)["total"] == 2
    # What is asked for is counted, wherever it lies.
    assert only_row(ask(SLA_ANGEL, start_date="1900-01-01"))["total"] == 4
    assert only_row(ask(SLA_ANGEL, start_date=str(today + timedelta(days=1))))["total"] == 1
    assert only_row(ask(SLA_ANGEL, end_date="1950-12-31", start_date="1850-01-01"))["total"] == 1


def test_the_default_period_follows_the_earliest_date_in_the_middle_of_a_year(
    records: Records, app_with: Callable[..., Flask], ask: Ask
) -> None:
    for day in ("2020-02-10", "2020-06-20", "2020-07-03"):
        records.add(f"{day} 10:00:00", angel=ANA)
    app_with(earliest_date=date(2020, 6, 15))
    for path in (PRODUCTIVITY, SLA_ANGEL, SLA_POLO):
        answer = ask(path)
        assert (answer["period"]["start_date"], answer["period"]["end_date"]) == ("2020-06-20", "2020-07-03")
        assert only_row(answer)["total"] == 2


def test_without_a_plausible_day_there_is_no_default_period(records: Records, ask: Ask) -> None:
    records.add("1900-01-01 10:00:00")
    assert ask(PRODUCTIVITY)["period"]["start_date"] is None
    assert only_row(ask(PRODUCTIVITY, start_date="1900-01-01"))["total"] == 1
