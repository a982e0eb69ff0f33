"""What an indicator costs: over HTTP and by the service alone, beside a GROUP BY in Postgres and one in DuckDB."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path

from benchmarks.errors import Inexact
from benchmarks.group_by import Counts, Engines, Grouping, engines
from benchmarks.service import Service
from benchmarks.timing import median_ms

# All the time there is, a month, and a range whose edges are inside of months.
PERIODS: dict[str, tuple[date | None, date | None]] = {
    "all": (None, None),
    "2021-03": (date(2021, 3, 1), date(2021, 3, 31)),
    "2020-08-13 to 2021-04-17": (date(2020, 8, 13), date(2021, 4, 17)),
}
PAGE = 1000


@dataclass(frozen=True, slots=True)
class Asked:
    """An indicator: its path in the API, what its rows are about, and the column that it counts beside the total."""

    path: str
    group: str
    column: str


INDICATORS = (
    Asked("productivity", "angel", "active_days"),
    Asked("sla/angel", "angel", "on_time"),
    Asked("sla/polo", "polo", "on_time"),
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
    with _application(service.database_url), engines(service.database_url, folder) as both:
        return [_measure(service, both, asked, period, repeat) for asked in INDICATORS for period in PERIODS]


def _measure(service: Service, both: Engines, asked: Asked, period: str, repeat: int) -> IndicatorFigures:
    (start, end), (first, last) = PERIODS[period], both.days()
    grouping = Grouping(asked.group, asked.column, start or first, end or last)
    http = partial(service.client.get_bytes, f"/indicators/{asked.path}", start_date=start, end_date=end, limit=PAGE)
    alone, postgres, duck = _service_call(asked, start, end), both.in_postgres, both.in_duckdb
    found = alone()
    if not found == postgres(grouping) == duck(grouping):
        raise Inexact(f"{asked.path} over {period}: the API, Postgres and DuckDB count differently.")
    http()
    http_ms, service_ms, duckdb_ms = median_ms(repeat, http, alone, partial(duck, grouping))
    (group_by_ms,) = median_ms(max(1, repeat // 5), partial(postgres, grouping))
    return IndicatorFigures(asked.path, period, len(found), http_ms, service_ms, group_by_ms, duckdb_ms)


def _application(database_url: str) -> AbstractContextManager[object]:
    """Return the context of the application on that database; its settings come from the environment."""
    os.environ["DATABASE_URL"] = database_url
    os.environ.setdefault("JWT_SECRET_KEY", "only to read, in this process: no token is made with it")
    from src.app import app

    return app.app_context()


def _service_call(asked: Asked, start: date | None, end: date | None) -> Callable[[], Counts]:
    """Return a call for the service's answer with all rows."""
    from src.domain.indicators import PRODUCTIVITY, SLA_ANGEL, SLA_POLO
    from src.services.indicators import Question, answer_indicator

    indicator = {"productivity": PRODUCTIVITY, "sla/angel": SLA_ANGEL, "sla/polo": SLA_POLO}[asked.path]
    question = Question(start_date=start, end_date=end)

    def call() -> Counts:
        rows = answer_indicator(indicator, question).data
        return {(row[asked.group], row["total"], row[asked.column]) for row in rows}

    return call
