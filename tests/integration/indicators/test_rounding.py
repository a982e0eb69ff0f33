"""What is rounded never says that all was on time where something was late, nor that nothing was done."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.integration.indicators.conftest import Ask, Get
from tests.integration.indicators.records import ANA, BIA, CAIO, Records

# On time and late of three angels: nearly all, nearly none, all. As many records would say the same, and take a minute.
COUNTS = {ANA: (99_999, 1), BIA: (1, 49_999), CAIO: (30_000, 0)}


@pytest.fixture
def counted(records: Records) -> None:
    for angel, (on_time, late) in COUNTS.items():
        for number, visits in ((on_time, "2021-06-01 10:00:00"), (late, "2021-06-01 23:59:59")):
            if not number:
                continue
            records.add(visits, angel=angel, deadline="2021-06-01 12:00:00")
            records.execute(
                "update angel_month set total = total + %s, on_time = on_time + %s where angel_id = %s",
                (number - 1, (number - 1) * ("10:00" in visits), records.angel(angel)),
            )
            records.execute(
                "update angel_day set total = total + %s, on_time = on_time + %s where angel_id = %s",
                (number - 1, (number - 1) * ("10:00" in visits), records.angel(angel)),
            )


@pytest.mark.usefixtures("counted")
def test_a_percentage_has_more_digits_until_it_says_that_one_was_late_or_on_time(get: Get) -> None:
    rows = get("atendimento/angel_productivity").get_json()["data"]
    assert [(row["angel"], row["on_time_percentage"]) for row in rows] == [(ANA, 99.999), (BIA, 0.002), (CAIO, 100.0)]


@pytest.mark.parametrize(
    ("on_time", "late", "told"),
    [
        (2, 1, 66.67),
        (9_999, 1, 99.99),
        (19_999, 1, 99.995),  # in two decimals 100.00: half a unit is rounded up
        (20_000, 1, 99.995),
        (1, 9_999, 0.01),
        (1, 20_000, 0.005),
        (1, 19_999, 0.005),
        (10**9 - 1, 1, 99.9999999),
        (5, 0, 100.0),
        (0, 5, 0.0),
    ],
)
def test_a_percentage_has_two_decimals_unless_they_say_all_or_none(
    records: Records, get: Get, on_time: int, late: int, told: float
) -> None:
    records.add()
    records.execute("update angel_month set total = %s, on_time = %s", (on_time + late, on_time))
    (row,) = get("atendimento/angel_productivity").get_json()["data"]
    assert row["on_time_percentage"] == told


@pytest.fixture
def terminal(client: FlaskClient) -> Callable[..., str]:
    def run(*arguments: str) -> str:
        return client.application.test_cli_runner().invoke(args=["indicators", *arguments]).stdout

    return run


@pytest.mark.usefixtures("counted")
def test_a_table_has_more_digits_too(terminal: Callable[..., str], ask: Ask) -> None:
    day = ("--start-date", "2021-06-01", "--end-date", "2021-06-01", "--sort-field", "angel", "--asc")
    cells = [[cell.strip() for cell in row.split("│")[1:-1]] for row in terminal("sla-angel", *day).splitlines()]
    assert [row[:5] for row in cells if row] == [
        [ANA, "100000", "99999", "1", "0.99999"],
        [BIA, "50000", "1", "49999", "0.00002"],
        [CAIO, "30000", "30000", "0", "1.0000"],
    ]
    rows: list[dict[str, Any]] = ask("sla/angel", start_date="2021-06-01", end_date="2021-06-01")["data"]
    assert {row["angel"]: row["sla"] for row in rows} == {ANA: 0.99999, BIA: 0.00002, CAIO: 1.0}


def test_one_visit_of_many_years_is_more_than_no_productivity(records: Records, terminal: Callable[..., str]) -> None:
    records.add()
    shown = terminal("productivity", "--start-date", "1950-01-01", "--end-date", "2150-12-31", "--calendar", "weekdays")
    # 201 years have 52,439 weekdays: 0.0000191 of a visit a day.
    assert "0.00002 " in shown
    assert "0.0000 " not in shown
