"""Keyset pages: page 20,000 costs what page 1 costs, and rows that arrive meanwhile are neither skipped nor doubled."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Final

import psycopg
from sqlalchemy import BigInteger, Connection, Result, Row, Select, Text, bindparam, cast, literal, tuple_
from sqlalchemy.exc import DataError
from sqlalchemy.sql.elements import ColumnElement

from src.errors import InvalidCursor
from src.repositories.sql import compiled

NOT_OF_THIS_LIST = "Not a cursor of this list: take it from `next` or `prev`."
SORT_VALUE = "sort_value"
CURSOR_KEY: Final = "cursor_key"


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place in a list: the rows after the one with `key`, or, `backwards`, those before it.

    In a list that is not ordered by its key, `order` names its order and `value` is that row's, as Postgres writes it.
    """

    key: int
    backwards: bool = False
    order: str = ""
    value: str = ""


@dataclass(frozen=True, slots=True)
class Order:
    """How a list is ordered: by `expression`, which is never null, ties by key; without one by key alone."""

    name: str = ""
    expression: ColumnElement[Any] | None = None
    descending: bool = False

    @property
    def cursor_name(self) -> str:
        """What the list's cursors are marked with; those of lists ordered by key alone have no mark."""
        return "" if self.expression is None else ("-" if self.descending else "") + self.name


@dataclass(frozen=True, slots=True)
class Page:
    """Rows in the list's order, and the cursors of the pages beside it, None where the list ends."""

    rows: Sequence[Any]
    next: Cursor | None
    previous: Cursor | None


def ordered(query: Select[Any], key: ColumnElement[int], order: Order, *, falling: bool) -> Select[Any]:
    """Return the query in that order; it has a last column more, `sort_value`, where it is not by key alone."""
    if order.expression is not None:
        query = query.add_columns(cast(order.expression, Text).label(SORT_VALUE))
    return _in_order(query, key, order, falling=falling)


def _in_order(query: Select[Any], key: ColumnElement[int], order: Order, *, falling: bool) -> Select[Any]:
    columns = [key] if order.expression is None else [order.expression, key]
    return query.order_by(None).order_by(*(column.desc() if falling else column for column in columns))


def beyond(cursor: Cursor, key: ColumnElement[int], order: Order, *, falling: bool) -> ColumnElement[bool]:
    """Return the condition for the rows that lie behind the cursor. Raises InvalidCursor for another list's."""
    if cursor.order != order.cursor_name:
        raise _not_of_this_list()
    there = bindparam(CURSOR_KEY, cursor.key, BigInteger)
    if order.expression is None:
        return key < there if falling else key > there
    here = tuple_(order.expression, key)
    place = tuple_(cast(literal(cursor.value), order.expression.type), there)
    return here < place if falling else here > place


def keyset_page(
    connection: Connection,
    query: Select[Any],
    key: ColumnElement[int],
    *,
    limit: int,
    cursor: Cursor | None,
    order: Order,
    offset: int = 0,
    keys: Select[Any] | None = None,
) -> Page:
    """Return the page of `query` at `cursor` (None: the first, or the one that begins at `offset`).

    The list is ordered by `order`, ties by the unique column `key`. `keys` selects the keys of the same rows by less:
    where many rows are passed over, only theirs are. Raises InvalidCursor.
    """
    sql = _page_query(query, key, limit, cursor, order, offset, keys)
    return _cut(list(run_list(connection, sql)), limit, cursor, offset, lambda row: _place(row, key, order))


def plain_page(
    driver: psycopg.Cursor[Any],
    query: Select[Any],
    key: ColumnElement[int],
    *,
    limit: int,
    cursor: Cursor | None,
    descending: bool,
) -> Page:
    """Return what `keyset_page` does of a list by its key from its start or a cursor, its rows as tuples, key first.

    The statement is compiled once, not for every request, and goes past SQLAlchemy: that is half of a page's cost.
    """
    if cursor and cursor.order:
        raise _not_of_this_list()
    text, constants = _plain_query(query, key, limit, cursor and cursor.backwards, descending)
    values = {**constants, CURSOR_KEY: cursor.key} if cursor else constants
    try:
        found = driver.execute(text, values, prepare=True).fetchall()
    except psycopg.DataError as error:
        raise _not_of_this_list() from error
    return _cut(found, limit, cursor, 0, lambda row: Cursor(row[0]))


# As many as a connection keeps prepared.
@lru_cache(maxsize=100)
def _plain_query(
    query: Select[Any], key: ColumnElement[int], limit: int, backwards: bool | None, descending: bool
) -> tuple[str, dict[str, Any]]:
    """Return the statement's text and the values in it; `backwards` is the cursor's, None without one."""
    cursor = None if backwards is None else Cursor(0, backwards)
    return compiled(_page_query(query, key, limit, cursor, Order(descending=descending)))


def _page_query(
    query: Select[Any],
    key: ColumnElement[int],
    limit: int,
    cursor: Cursor | None,
    order: Order,
    offset: int = 0,
    keys: Select[Any] | None = None,
) -> Select[Any]:
    """Return the query of a page's rows, and of one more, which tells whether the list goes on."""
    backwards = cursor is not None and cursor.backwards
    falling = order.descending != backwards
    offset = 0 if cursor else offset
    keys = keys if offset or order.expression is not None else None
    chosen = query if keys is None else keys
    if cursor is not None:
        chosen = chosen.where(beyond(cursor, key, order, falling=falling))
    # Written out: one plan for any limit expects many rows.
    one_more = literal(limit + 1, literal_execute=True)
    chosen = _in_order(chosen, key, order, falling=falling).limit(one_more).offset(offset or None)
    query = chosen if keys is None else query.where(key.in_(chosen.correlate(None)))
    return ordered(query, key, order, falling=falling)


def _cut(found: Sequence[Any], limit: int, cursor: Cursor | None, offset: int, place: Callable[[Any], Cursor]) -> Page:
    """Return the page of what its query found; `place` tells where in the list a row is."""
    backwards = cursor is not None and cursor.backwards
    goes_on, rows = len(found) > limit, found[:limit]
    if backwards:
        rows = rows[::-1]
    if not rows:
        return Page([], None, None)
    begun = goes_on if backwards else cursor or offset
    return Page(
        rows,
        next=place(rows[-1]) if goes_on or backwards else None,
        previous=replace(place(rows[0]), backwards=True) if begun else None,
    )


def run_list(connection: Connection, query: Select[Any]) -> Result[Any]:
    """Run a list's query. Raises InvalidCursor."""
    try:
        return connection.execute(query)
    except DataError as error:
        # All else that a query compares with has been checked; only a cursor made up by hand is no value of its type.
        raise _not_of_this_list() from error


def _not_of_this_list() -> InvalidCursor:
    return InvalidCursor(NOT_OF_THIS_LIST, {"cursor": [NOT_OF_THIS_LIST]})


def _place(row: Row[Any], key: ColumnElement[int], order: Order) -> Cursor:
    value = "" if order.expression is None else getattr(row, SORT_VALUE)
    return Cursor(getattr(row, key.key or ""), order=order.cursor_name, value=value)
