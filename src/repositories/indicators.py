"""What the indicators read: rollups, or records where no rollup has the combination."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from psycopg import Cursor

from src.domain.indicators import Group, Indicator
from src.domain.period import Period, split
from src.repositories.sql import filled, statement

# The values of the indicator's fields, in their order.
Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """Which rows to return, in which order; ties go by name. `limit` None: all of them."""

    sort_field: str
    desc: bool
    limit: int | None
    offset: int

    @property
    def is_whole(self) -> bool:
        return self.limit is None and not self.offset


@dataclass(frozen=True, slots=True)
class DataDays:
    """The first and last day on which anything was attended, of all days, and of those that a default period has.

    None if nothing was, or if nobody has looked.
    """

    all: Period | None = None
    plausible: Period | None = None


def fetch_data_days(cursor: Cursor, earliest: date, today: date) -> DataDays:
    """Return the days of the data; the default period has only those from `earliest` to `today`."""
    days = {"earliest": earliest, "today": today}
    row = cursor.execute(statement("data_period"), days, prepare=True).fetchone()
    assert row is not None
    first_day, last_day, start_date, end_date = row
    return DataDays(
        all=Period(first_day, last_day) if first_day else None,
        plausible=Period(start_date, end_date) if start_date else None,
    )


def fetch_indicator(
    cursor: Cursor,
    indicator: Indicator,
    period: Period,
    data: Period | None,
    names: dict[Group, str | None],
    business_days: int,
    page: Page,
) -> tuple[int, list[Row]]:
    """Return how many rows the indicator has in `period`, and those of `page`.

    `data`, if known, are all days that fetch_data_days returned in the same transaction; `names` the angel and the polo
    asked for.
    """
    by_records = any(name is not None for other, name in names.items() if other != indicator.group)
    pieces, days = _records(period) if by_records else _rollups(indicator, period, data)
    one = names[indicator.group] is not None
    sql = _indicator_sql(indicator, pieces, one, page.sort_field, page.desc, page.is_whole)
    parameters: dict[str, Any] = {
        **days,
        "angel": names["angel"],
        "polo": names["polo"],
        "business_days": business_days,
        "limit": page.limit,
        "offset": page.offset,
    }
    # From the rollups one plan is right for all periods; from the records it depends on how many days there are.
    prepare = not by_records
    if page.is_whole:
        rows = cursor.execute(sql, parameters, prepare=prepare).fetchall()
        return len(rows), rows
    count, rows = _counted(cursor, sql, parameters, prepare)
    if not rows and page.offset:
        count, _ = _counted(cursor, sql, {**parameters, "limit": 1, "offset": 0}, prepare)
    return count, rows


def fetch_total(cursor: Cursor) -> int:
    """Count the records that are not deleted, whatever their status."""
    (total,) = cursor.execute(statement("atendimento_total")).fetchone() or (0,)
    return int(total)


def fetch_view(cursor: Cursor, group: Group, at_most: int | None) -> tuple[int, list[dict[str, Any]]]:
    """Return how many rows the view `<group>_productivity` has, and the first `at_most` (None: all) of them."""
    count, rows = _counted(cursor, statement(f"{group}_productivity"), {"at_most": at_most}, prepare=False)
    names = [column.name for column in cursor.description or ()]
    return count, [dict(zip(names, row, strict=False)) for row in rows]


def _records(period: Period) -> tuple[str, dict[str, Any]]:
    """Return the SQL of the counts from the records, and its parameters."""
    return statement("piece_records"), {"start_date": period.start_date, "end_date": period.end_date}


def _rollups(indicator: Indicator, period: Period, data: Period | None) -> tuple[str, dict[str, Any]]:
    """Return the SQL of the counts from the counts to date and the days between marks, and its parameters.

    It has the pieces and the counts that are needed and no other.
    """
    pieces, parameters = split(period, data), dict[str, Any]()
    texts = []
    for name, marks, sign in (("added", pieces.added, 1), ("taken_off", pieces.taken_off, -1)):
        if marks:
            named = {f"{name}_{number}": mark for number, mark in enumerate(marks)}
            texts.append(_piece("piece_to_date", indicator, sign, marks=", ".join(f"%({each})s" for each in named)))
            parameters.update(named)
    for number, edge in enumerate(pieces.edges):
        name = f"edge_{number}"
        texts.append(_piece("piece_edge", indicator, edge.sign, piece=name))
        parameters.update({f"{name}_start": edge.start_date, f"{name}_end": edge.end_date})
    return "union all\n".join(texts), parameters


def _piece(template: str, indicator: Indicator, sign: int, **names: str) -> str:
    counts = ", ".join(f"{'-' if sign < 0 else ''}{count} as {count}" for count in indicator.counts)
    return filled(template, counts=counts, **names).decode()


@lru_cache(maxsize=1000)
def _indicator_sql(indicator: Indicator, pieces: str, one: bool, sort_field: str, desc: bool, whole: bool) -> str:
    if sort_field not in indicator.fields:
        raise ValueError(f"{indicator.name} has no field {sort_field}")
    rows = statement("indicator_productivity" if "productivity" in indicator.fields else "indicator_sla")
    text = statement("indicator_rows" if whole else "indicator_page").replace("{{indicator}}", rows)
    order = f"{sort_field} {'desc' if desc else 'asc'} nulls last, {indicator.group}"
    text = text.replace("{{one}}", statement("indicator_one") if one else "")
    return text.replace("{{pieces}}", pieces).replace("{{order}}", order).replace("{{group}}", indicator.group)


def _counted(cursor: Cursor, sql: str, parameters: dict[str, Any], prepare: bool) -> tuple[int, list[Row]]:
    """Return the rows without their last column, and that column, which counts all that there would be."""
    rows = cursor.execute(sql, parameters, prepare=prepare).fetchall()
    return (rows[0][-1] if rows else 0), [row[:-1] for row in rows]
