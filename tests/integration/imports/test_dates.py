"""Dates of a file that can't be true, and files that write the month before the day, by both ways of loading."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.integration.imports.conftest import Imports, counts

TODAY = datetime.now(ZoneInfo("America/Sao_Paulo")).date()
OTHER = "900;90;Zoe;RJ - NITEROI;30/06/2021;29/06/2021"


def row(number: int, limite: str, visit: str) -> str:
    return f"{number};10;Ana;SP - SANTOS;{limite};{visit}"


@pytest.fixture(params=["straight", "staged"])
def way(request: pytest.FixtureRequest, imports: Imports, lines: Callable[..., str]) -> str:
    if request.param == "staged":
        imports.run(lines(OTHER))
    return str(request.param)


def test_what_can_not_be_true_is_rejected_and_all_else_is_loaded(
    imports: Imports, lines: Callable[..., str], way: str
) -> None:
    tomorrow, after = (f"{TODAY + timedelta(days=days):%d/%m/%Y}" for days in (1, 2))
    deadlines = [f"{TODAY.replace(day=1).replace(year=TODAY.year + years):%d/%m/%Y}" for years in (10, 11)]
    wrong = [
        row(1, "30/06/2021", "1900-01-01"),
        row(2, "30/06/2021", "31/12/1969 21:00"),
        row(3, "30/06/2021", "1970-01-01 00:00:00"),
        row(4, "30/06/2021", "29/06/2091"),
        row(5, "30/06/2021", after),
        row(6, "30/12/1899", "-"),
        row(7, deadlines[1], "-"),
        row(8, "30/06/2021", "29/6/1999 9:05"),
    ]
    good = [
        row(11, "30/06/2021", f"{tomorrow} 23:59:59"),
        row(12, "01/01/2000", "01/01/2000"),
        row(13, deadlines[0], "-"),
        row(14, "30/06/2021", "2021-06-30 15:00:00-03"),
        row(15, "30-06-2021", "29.06.2021 10:15"),
    ]
    done = imports.run(lines(*wrong, *good))
    assert counts(done) == {"read": 13, "inserted": 5, "rejected": 8}
    columns = ["data_de_atendimento"] * 5 + ["data_limite"] * 2 + ["data_de_atendimento"]
    assert [found[:3] for found in imports.rejections(done["id"])] == [
        (line, column, "implausible_date") for line, column in enumerate(columns, 2)
    ]
    visits = {record[0]: record[5] for record in imports.dump()["atendimento"]}
    assert (visits[14], visits[15]) == (datetime(2021, 6, 30, 15), datetime(2021, 6, 29, 10, 15))


def test_the_earliest_date_of_the_settings_counts(
    imports: Imports, lines: Callable[..., str], way: str, app_with: Any
) -> None:
    app_with(earliest_date=date(2021, 6, 29))
    done = imports.run(lines(row(1, "30/06/2021", "29/06/2021"), row(2, "30/06/2021", "28/06/2021 23:59:59")))
    assert counts(done) == {"read": 2, "inserted": 1, "rejected": 1}


@pytest.mark.parametrize("column", ["data_limite", "data_de_atendimento"])
def test_a_file_with_the_month_first_fails_as_a_whole(
    imports: Imports, lines: Callable[..., str], way: str, column: str
) -> None:
    before = imports.dump()
    dates = [("05/06/2021", "2021-06-01"), ("06/29/2021", "2021-06-02"), ("12/31/2021 10:15", "-")]
    if column == "data_de_atendimento":
        dates = [("2021-06-30", limite) for limite, _ in dates]
    failed = imports.run(lines(*(row(number, *pair) for number, pair in enumerate(dates, 1))))
    assert failed["status"] == "failed"
    assert f"{column} has the month before the day (line 3: 06/29/2021)" in failed["error"]
    assert imports.dump() == before
    # With one value that is day-first alone, the others are slips of the key.
    dates.append(("29/06/2021", "-") if column == "data_limite" else ("2021-06-30", "29/06/2021"))
    done = imports.run(lines(*(row(number, *pair) for number, pair in enumerate(dates, 1))))
    assert (done["status"], counts(done)) == ("completed", {"read": 4, "inserted": 2, "rejected": 2})
