"""What the indicators read: rollups, or records where no rollup has the combination; straight from the driver."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import Connection

from src.domain.indicators import Group, Indicator
from src.domain.period import Edge, Period, split
from src.repositories.sql import statement

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Page:
    """Which rows to return, in which order; ties go by name. `limit` None: all of them."""

    sort_field: str
    desc: bool
    limit: int | None
    offset: int


def fetch_data_period(connection: Connection) -> Period | None:
    """Return the first and last day on which anything was attended, or None where nothing was."""
    start_date, end_date = connection.exec_driver_sql(statement("data_period")).one()
    return Period(start_date, end_date) if start_date else None


def fetch_indicator(
    connection: Connection,
    indicator: Indicator,
    period: Period,
    data: Period,
    names: dict[Group, str | None],
    business_days: int,
    page: Page,
) -> tuple[int, list[Row]]:
    """Return how many rows the indicator has in `period`, and those of `page`.

    `data` is what fetch_data_period returned in the same transaction; `names` the angel and the polo asked for.
    """
    connection.exec_driver_sql(statement("indicator_planning"))
    source = _source(indicator.group, names)
    sql = _indicator_sql(indicator, source, page.sort_field, page.desc)
    days = _pieces(period, data) if source == "rollups" else _bounds(period)
    parameters: dict[str, Any] = {
        **days,
        "angel": names["angel"],
        "polo": names["polo"],
        "business_days": business_days,
        "limit": page.limit,
        "offset": page.offset,
    }
    count, rows = _counted(connection, sql, parameters)
    if not rows and page.offset:
        count, _ = _counted(connection, sql, {**parameters, "limit": 1, "offset": 0})
    return count, rows


def fetch_total(connection: Connection) -> int:
    """Count the records that are not deleted, whatever their status."""
    return int(connection.exec_driver_sql(statement("atendimento_total")).scalar_one())


def fetch_view(connection: Connection, group: Group, at_most: int | None) -> tuple[int, list[Row]]:
    """Return how many rows the view `<group>_productivity` has, and the first `at_most` (None: all) of them."""
    return _counted(connection, statement(f"{group}_productivity"), {"at_most": at_most})


def _source(group: Group, names: dict[Group, str | None]) -> str:
    others = [name for other, name in names.items() if other != group]
    return "records" if any(name is not None for name in others) else "rollups"


@cache
def _indicator_sql(indicator: Indicator, source: str, sort_field: str, desc: bool) -> str:
    if sort_field not in indicator.fields:
        raise ValueError(f"{indicator.name} has no field {sort_field}")
    order = f"{sort_field} {'desc' if desc else 'asc'} nulls last, {indicator.group}"
    text = statement("indicator_productivity" if "productivity" in indicator.fields else "indicator_sla")
    text = text.replace("{{sums}}", statement(f"sums_from_{source}")).replace("{{order}}", order)
    return text.replace("{{group}}", indicator.group)


def _pieces(period: Period, data: Period) -> dict[str, Any]:
    pieces = split(period, data)
    head, tail = (*pieces.edges, None, None)[:2]
    return {
        "first_month": pieces.first_month,
        "last_month": pieces.last_month,
        **_edge("head", head),
        **_edge("tail", tail),
    }


def _edge(side: str, edge: Edge | None) -> dict[str, Any]:
    return {
        f"{side}_start": edge and edge.start_date,
        f"{side}_end": edge and edge.end_date,
        f"{side}_sign": edge and edge.sign,
    }


def _bounds(period: Period) -> dict[str, Any]:
    return {"start_date": period.start_date, "end_date": period.end_date}


def _counted(connection: Connection, sql: str, parameters: dict[str, Any]) -> tuple[int, list[Row]]:
    """Return the rows without their last column, and that column, which counts all that there would be."""
    result = connection.exec_driver_sql(sql, parameters)
    names = tuple(result.keys())[:-1]
    rows = result.all()
    return (rows[0][-1] if rows else 0), [dict(zip(names, row, strict=False)) for row in rows]
