"""Keyset pages: page 20,000 costs what page 1 costs, and rows that arrive meanwhile are neither skipped nor doubled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, Connection, Result, Row, Select, Text, cast, literal, tuple_
from sqlalchemy.exc import DataError
from sqlalchemy.orm import Session
from sqlalchemy.sql.elements import ColumnElement

from src.errors import InvalidCursor

NOT_OF_THIS_LIST = "Not a cursor of this list: take it from `next` or `prev`."
SORT_VALUE = "sort_value"


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

    rows: list[Row[Any]]
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
        raise InvalidCursor(NOT_OF_THIS_LIST, {"cursor": [NOT_OF_THIS_LIST]})
    if order.expression is None:
        there = literal(cursor.key, BigInteger)
        return key < there if falling else key > there
    here = tuple_(order.expression, key)
    place = tuple_(cast(literal(cursor.value), order.expression.type), literal(cursor.key, BigInteger))
    return here < place if falling else here > place


def keyset_page(
    session: Session | Connection,
    query: Select[Any],
    key: ColumnElement[int],
    *,
    limit: int,
    cursor: Cursor | None,
    descending: bool = False,
    order: Order | None = None,
    offset: int = 0,
    keys: Select[Any] | None = None,
) -> Page:
    """Return the page of `query` at `cursor` (None: the first, or the one that begins at `offset`).

    The list is ordered by `order`, else by the unique column `key`. `keys` selects the keys of the same rows by less:
    where many rows are passed over, only theirs are. Raises InvalidCursor.
    """
    order = order or Order(descending=descending)
    backwards = cursor is not None and cursor.backwards
    falling = order.descending != backwards
    offset = 0 if cursor else offset
    keys = keys if offset or order.expression is not None else None
    chosen = query if keys is None else keys
    if cursor is not None:
        chosen = chosen.where(beyond(cursor, key, order, falling=falling))
    # One more than asked for tells whether the list goes on. Written out: one plan for any limit expects many rows.
    one_more = literal(limit + 1, literal_execute=True)
    chosen = _in_order(chosen, key, order, falling=falling).limit(one_more).offset(offset or None)
    query = chosen if keys is None else query.where(key.in_(chosen.correlate(None)))
    found = list(run_list(session, ordered(query, key, order, falling=falling)))
    goes_on, rows = len(found) > limit, found[:limit]
    if backwards:
        rows.reverse()
    if not rows:
        return Page([], None, None)
    first, last = (_cursor(row, key, order) for row in (rows[0], rows[-1]))
    begun = goes_on if backwards else cursor or offset
    return Page(
        rows,
        next=Cursor(*last) if goes_on or backwards else None,
        previous=Cursor(first[0], True, *first[2:]) if begun else None,
    )


def run_list(session: Session | Connection, query: Select[Any]) -> Result[Any]:
    """Run a list's query. Raises InvalidCursor."""
    try:
        return session.execute(query)
    except DataError as error:
        # All else that a query compares with has been checked; only a cursor made up by hand is no value of its type.
        raise InvalidCursor(NOT_OF_THIS_LIST, {"cursor": [NOT_OF_THIS_LIST]}) from error


def _cursor(row: Row[Any], key: ColumnElement[int], order: Order) -> tuple[int, bool, str, str]:
    value = "" if order.expression is None else getattr(row, SORT_VALUE)
    return getattr(row, key.key or ""), False, order.cursor_name, value
