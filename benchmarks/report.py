"""The figures as tables for people and as JSON for machines."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.files import Sample
from benchmarks.http import HttpFigures
from benchmarks.imports import ImportFigures
from benchmarks.indicators import IndicatorFigures


@dataclass(slots=True)
class Report:
    """What was measured; parts that were not asked for are empty. Seconds, MB and milliseconds."""

    rows: int
    size_mb: float
    rejected: int
    floor_seconds: float | None = None
    imports: list[ImportFigures] = field(default_factory=list)
    indicators: list[IndicatorFigures] = field(default_factory=list)
    http: list[HttpFigures] = field(default_factory=list)

    @classmethod
    def about(cls, sample: Sample) -> Report:
        """Return an empty report about a file."""
        summary = sample.summary
        return cls(summary.rows, summary.size_bytes / 1e6, summary.rejected)

    def as_json(self) -> dict[str, Any]:
        """Return the figures, with the ratios to the floor and what they were measured on."""
        found = asdict(self)
        for figures in found["imports"]:
            figures["ratio"] = self.ratio(figures["seconds"])
        return found | {"machine": _machine()}

    def ratio(self, seconds: float) -> float | None:
        """Return how many floors that is; None without a floor."""
        return seconds / self.floor_seconds if self.floor_seconds else None

    def print(self, console: Console) -> None:
        """Print a table for each part."""
        console.print(
            f"{self.rows:,} rows, {self.size_mb:.1f} MB, {self.rejected:,} bad; {_machine()}", highlight=False
        )
        if self.floor_seconds:
            floor = (
                f"Floor: {self.floor_seconds:.2f} s to COPY the text (without its bad rows) into a bare unlogged table."
            )
            console.print(floor, highlight=False)
        if self.imports:
            console.print(_imports_table(self))
            console.print(_steps_table(self.imports))
        if self.indicators:
            console.print(_indicators_table(self.indicators))
        if self.http:
            console.print(_http_table(self.http))


def _machine() -> str:
    return f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}, Python {platform.python_version()}"


def _imports_table(report: Report) -> Table:
    title = "Imports: seconds from the last byte uploaded until an indicator answers (median)"
    table = _table(title, ("", "s", "x floor", "worker's peak MB"))
    for figures in report.imports:
        ratio, peak = report.ratio(figures.seconds), figures.peak_mb
        table.add_row(
            figures.name, f"{figures.seconds:.2f}", f"{ratio:.1f}" if ratio else "-", f"{peak:.0f}" if peak else "-"
        )
    return table


def _steps_table(imports: Sequence[ImportFigures]) -> Table:
    """Return the steps in the order in which any import has them."""
    table = _table("Steps of the median import, seconds", ("", *(figures.name for figures in imports)))
    for step in dict.fromkeys(step for figures in imports for step in figures.steps):
        cells = (figures.steps.get(step) for figures in imports)
        table.add_row(step, *("-" if seconds is None else f"{seconds:.2f}" for seconds in cells))
    return table


def _indicators_table(indicators: Sequence[IndicatorFigures]) -> Table:
    title = "Indicators: median ms; HTTP has the first 1,000 rows, the others all. x: service to that"
    names = ("", "period", "rows", "HTTP", "service", "GROUP BY", "DuckDB", "x GROUP BY", "x DuckDB")
    table = _table(title, names)
    for figures in indicators:
        times = (figures.http_ms, figures.service_ms, figures.group_by_ms, figures.duckdb_ms)
        table.add_row(
            figures.indicator,
            figures.period,
            f"{figures.rows:,}",
            *(f"{milliseconds:.1f}" for milliseconds in times),
            f"{figures.service_ms / figures.group_by_ms:.3f}",
            f"{figures.service_ms / figures.duckdb_ms:.2f}",
        )
    return table


def _http_table(http: Sequence[HttpFigures]) -> Table:
    title = "Requests of 8 connections with a token: median of the rounds; x: to the trivial answer, without one"
    table = _table(title, ("", "a second", "x trivial", "p50 ms", "p99 ms"))
    for figures in http:
        table.add_row(
            figures.name,
            f"{figures.per_second:,.0f}",
            f"{figures.ratio:.2f}",
            f"{figures.p50_ms:.1f}",
            f"{figures.p99_ms:.1f}",
        )
    return table


def _table(title: str, names: Sequence[str]) -> Table:
    table = Table(title=title, title_justify="left")
    for place, name in enumerate(names):
        table.add_column(name, justify="right" if place else "left", no_wrap=not place)
    return table
