"""What an indicator costs: over HTTP and by the service alone, beside a GROUP BY in Postgres and one in DuckDB."""

from __future__ import annotations

import math
import os
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.errors import Inexact
from benchmarks.group_by import Engines, Grouping, Rows, engines
from benchmarks.service import Service
from benchmarks.timing import median_ms

if TYPE_CHECKING:
    from src.services.indicators import Answer

# All the time there is, a month, a year, and a range whose edges are inside of months.
PERIODS: dict[str, tuple[date | None, date | None]] = {
    "all": (None, None),
    "2021-03": (date(2021, 3, 1), date(2021, 3, 31)),
    "2020": (date(2020, 1, 1), date(2020, 12, 31)),
    "2020-08-13 to 2021-04-17": (date(2020, 8, 13), date(2021, 4, 17)),
}
PAGE = 1000
# Enough for the drivers to have prepared what comes often.
WARM_UP = 8
# A GROUP BY in Postgres takes so long that fewer do.
GROUP_BY_SHARE = 5


@dataclass(frozen=True, slots=True)
class Asked:
    """An indicator: its path in the API, which columns it has, and what its rows are about."""

    path: str
    columns: str
    group: str


INDICATORS = (
    Asked("productivity", "productivity", "angel"),
    Asked("sla/angel", "sla", "angel"),
    Asked("sla/polo", "sla", "polo"),
)


@dataclass(frozen=True, slots=True)
class IndicatorFigures:
    """Median milliseconds of each way; `rows` are the groups. HTTP gives the first 1,000 of them, the others all."""

    indicator: str
    period: str
    rows: int
    http_ms: float
    service_ms: float
    group_by_ms: float
    duckdb_ms: float


def measure_indicators(service: Service, folder: Path, repeat: int) -> list[IndicatorFigures]:
    """Measure each indicator over each period; raises Inexact where the ways don't agree."""
    with _serving(service.database_url), engines(service.database_url, folder) as both:
        return [_measure(service, both, asked, period, repeat) for asked in INDICATORS for period in PERIODS]


def _measure(service: Service, both: Engines, asked: Asked, period: str, repeat: int) -> IndicatorFigures:
    start, end = PERIODS[period]
    http = partial(service.client.get_bytes, f"/indicators/{asked.path}", start_date=start, end_date=end, limit=PAGE)
    alone = partial(_answer, asked, start, end)
    answer = alone()
    if answer.period is None:
        raise Inexact("Nothing was imported.")
    stated = answer.period
    grouping = Grouping(asked.columns, asked.group, stated.start_date, stated.end_date, answer.business_days)
    postgres = partial(both.in_postgres, grouping)
    both.prepare_duckdb(grouping)
    if not (_agree(answer.data, postgres()) and _agree(answer.data, both.in_duckdb())):
        raise Inexact(f"{asked.path} over {period}: the API, Postgres and DuckDB count differently.")
    median_ms(WARM_UP, http, alone, both.in_duckdb)
    http_ms, service_ms, duckdb_ms = median_ms(repeat, http, alone, both.in_duckdb)
    (group_by_ms,) = median_ms(max(1, repeat // GROUP_BY_SHARE), postgres)
    return IndicatorFigures(asked.path, period, len(answer.data), http_ms, service_ms, group_by_ms, duckdb_ms)


def _serving(database_url: str) -> AbstractContextManager[object]:
    """Return the context in which the web server asks the service; its settings come from the environment.

    In a request, because only there connections have the options that they are served with.
    """
    os.environ["DATABASE_URL"] = database_url
    os.environ.setdefault("JWT_SECRET_KEY", "only to read, in this process: no token is made with it")
    from src.app import app

    return app.test_request_context()


def _answer(asked: Asked, start: date | None, end: date | None) -> Answer:
    """Return the service's answer with all rows."""
    from src.domain.indicators import PRODUCTIVITY, SLA_ANGEL, SLA_POLO
    from src.services.indicators import Question, answer_indicator

    indicator = {"productivity": PRODUCTIVITY, "sla/angel": SLA_ANGEL, "sla/polo": SLA_POLO}[asked.path]
    return answer_indicator(indicator, Question(start_date=start, end_date=end))


def _agree(rows: Rows, others: Rows) -> bool:
    """Tell whether both have the same rows, whatever the collation; ratios may differ in their last digits."""
    pairs = zip(sorted(rows), sorted(others), strict=False)
    return len(rows) == len(others) and all(
        math.isclose(value, other, rel_tol=1e-12) if isinstance(value, float) else value == other
        for row, other_row in pairs
        for value, other in zip(row, other_row, strict=True)
    )
