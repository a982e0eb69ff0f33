"""Answers compared with those of the oracle, with filters, and while others write."""

from __future__ import annotations

import random
import threading
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Any

import psycopg
import pytest

from src.config import Settings
from src.database import database_url
from tests import oracle
from tests.integration.indicators.conftest import Ask
from tests.integration.indicators.records import ANA, BAHIA, BIA, SAMPA, Records

PRODUCTIVITY, SLA_ANGEL, SLA_POLO = "productivity", "sla/angel", "sla/polo"


def random_records(draw: random.Random, records: Records, count: int) -> list[oracle.Record]:
    """Store visits and return them as the oracle has them."""
    made = []
    for id in range(1, count + 1):
        visit = datetime(2020, 12, 20) + timedelta(seconds=draw.randrange(130 * 86400))
        deadline = visit.replace(hour=23, minute=59, second=59) + timedelta(days=draw.randint(-2, 3))
        angel, polo = draw.choice(["Ana", "Bia", "Caio", "Dora"]), draw.choice([BAHIA, SAMPA, "RJ - NITEROI"])
        records.add(visit.isoformat(), angel=angel, polo=polo, deadline=deadline.isoformat())
        made.append(oracle.Record(id, 1, angel, polo, deadline, visit))
    return made


def holidays(records: Records, calendar: str) -> set[date]:
    calendars = {"weekdays": [], "BR": ["BR"]}.get(calendar, ["BR", calendar])
    return {day for (day,) in records.execute("select date from holiday where calendar = any(%s)", (calendars,))}


def as_floats(rows: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the oracle's rows as JSON has them: each ratio the double nearest to the exact fraction."""
    return {
        name: {field: float(value) if isinstance(value, Fraction) else value for field, value in vars(row).items()}
        for name, row in rows.items()
    }


def by_name(answer: dict[str, Any], group: str) -> dict[str, dict[str, Any]]:
    return {row.pop(group): row for row in answer["data"]}


@pytest.mark.parametrize("calendar", ["BR", "weekdays", "BR-RJ"])
def test_every_period_is_answered_as_the_oracle_answers_it(records: Records, ask: Ask, calendar: str) -> None:
    draw = random.Random(calendar)
    stored = random_records(draw, records, 150)
    off = holidays(records, calendar)
    for _ in range(25):
        start = date(2020, 12, 10) + timedelta(days=draw.randrange(140))
        period = oracle.Period(start, start + timedelta(days=draw.choice([0, 3, 20, 40, 75])))
        asked = {"start_date": period.start_date, "end_date": period.end_date, "calendar": calendar}
        answer = ask(PRODUCTIVITY, **asked)
        assert answer["period"]["business_days"] == period.business_days(off)
        assert by_name(answer, "angel") == as_floats(oracle.productivity(stored, period, off))
        assert by_name(ask(SLA_ANGEL, **asked), "angel") == as_floats(oracle.sla_by_angel(stored, period))
        assert by_name(ask(SLA_POLO, **asked), "polo") == as_floats(oracle.sla_by_polo(stored, period))


def test_each_name_filters_each_indicator(records: Records, ask: Ask) -> None:
    stored = random_records(random.Random(7), records, 120)
    period = oracle.Period(date(2021, 1, 5), date(2021, 4, 12))
    asked = {"start_date": period.start_date, "end_date": period.end_date, "calendar": "weekdays"}
    of_ana = [record for record in stored if record.angel == ANA]
    at_bahia = [record for record in stored if record.polo == BAHIA]
    both = [record for record in of_ana if record.polo == BAHIA]
    for names, some in (({"angel": ANA}, of_ana), ({"polo": BAHIA}, at_bahia), ({"angel": ANA, "polo": BAHIA}, both)):
        productivity = as_floats(oracle.productivity(some, period, set()))
        assert by_name(ask(PRODUCTIVITY, **asked, **names), "angel") == productivity
        assert by_name(ask(SLA_ANGEL, **asked, **names), "angel") == as_floats(oracle.sla_by_angel(some, period))
        assert by_name(ask(SLA_POLO, **asked, **names), "polo") == as_floats(oracle.sla_by_polo(some, period))


def test_names_are_compared_trimmed_and_single_spaced(records: Records, ask: Ask) -> None:
    records.add()
    assert ask(SLA_POLO, polo="  BA  -  FEIRA   DE SANTANA ")["count"] == 1
    assert ask(SLA_ANGEL, polo="  BA  -  FEIRA   DE SANTANA ", angel=f" {ANA} ")["count"] == 1


@pytest.mark.parametrize("path", [PRODUCTIVITY, SLA_ANGEL, SLA_POLO])
@pytest.mark.parametrize("name", ["angel", "polo"])
def test_a_name_that_nobody_has_gives_no_rows(records: Records, ask: Ask, path: str, name: str) -> None:
    records.add()
    answer = ask(path, **{name: "nobody'; drop table angel"})
    assert (answer["count"], answer["data"], answer["period"]["start_date"]) == (0, [], "2021-06-01")


def test_no_answer_mixes_before_and_after(records: Records, settings: Settings, ask: Ask) -> None:
    # Ana's visit stands; Bia's, at the year's end, comes and goes: it changes period, business days and rows at once.
    records.add(angel=ANA)
    records.angel(BIA)
    over = threading.Event()

    def come_and_go() -> None:
        with psycopg.connect(database_url(settings), autocommit=True) as connection:
            writer = Records(connection)
            while not over.is_set():
                id = writer.add("2021-12-31 10:00:00", angel=BIA)
                connection.execute("delete from atendimento where id = %s", (id,))

    before = ("2021-06-01", 1, [(ANA, 1.0)])
    after = ("2021-12-31", 150, [(ANA, 1 / 150), (BIA, 1 / 150)])
    seen = set()
    thread = threading.Thread(target=come_and_go)
    thread.start()
    try:
        for asked in range(2000):
            if asked > 100 and len(seen) == 2:
                break
            answer = ask(PRODUCTIVITY, sort_field="angel", desc=False)
            rows = [(row["angel"], row["productivity"]) for row in answer["data"]]
            state = (answer["period"]["end_date"], answer["period"]["business_days"], rows)
            assert state in (before, after)
            seen.add(state[0])
    finally:
        over.set()
        thread.join(90)
    assert len(seen) == 2
