"""Lists of records as the API shows them: filtered, ordered, in pages or as a stream."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import psycopg
from sqlalchemy import ColumnElement, Connection, Row, Select, func

from src.errors import UnknownSortField
from src.repositories.paging import Cursor, Order, Page, Part, beyond, keyset_page, ordered, plain_page, run_list

FETCH_ROWS = 1000
Document = dict[str, Any]
Condition = Callable[[Any], ColumnElement[bool]]


@dataclass(frozen=True, slots=True)
class Listing:
    """A list: what it shows of a row (by field, its key first), and what it may be filtered and ordered by.

    `keys` selects the keys of the same rows, from only those tables that the conditions need; a list that stays short
    has none. The orders in `joined` need all tables of `query`.
    """

    query: Select[Any]
    key: ColumnElement[int]
    fields: tuple[str, ...]
    conditions: Mapping[str, Condition]
    orders: Mapping[str, ColumnElement[Any]] = field(default_factory=dict)
    keys: Select[Any] | None = None
    joined: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which part of a list is wanted. `limit` None: all of it. A cursor goes before an offset."""

    filters: Mapping[str, Any] = field(default_factory=dict)
    order_by: str = "id"
    limit: int | None = None
    cursor: Cursor | None = None
    offset: int = 0

    @property
    def is_plain(self) -> bool:
        """Whether this is a page of all rows by their key, for which one statement does, whatever the cursor is."""
        filtered = any(value is not None for value in self.filters.values())
        return not filtered and not self.offset and self.order_by in ("id", "-id")


def page_of(connection: Connection, listing: Listing, wanted: Wanted) -> tuple[list[Document], Page]:
    """Return the documents of a page, and the page. Raises UnknownSortField or InvalidCursor."""
    page = rows_of(connection, listing, wanted)
    return [document_of(listing, row) for row in page.rows], page


def plain_page_of(driver: psycopg.Cursor[Any], listing: Listing, wanted: Wanted) -> tuple[list[Document], Page]:
    """Return what `page_of` does, of what is wanted if that `is_plain`, at half the cost."""
    page = plain_page(driver, listing.query, listing.key, _part(listing, wanted))
    return [document_of(listing, row) for row in page.rows], page


def rows_of(connection: Connection, listing: Listing, wanted: Wanted) -> Page:
    """Return a page as rows of the listing's query. Raises UnknownSortField or InvalidCursor."""
    part = _part(listing, wanted)
    query = _filtered(listing, listing.query, wanted.filters)
    keys = listing.query.with_only_columns(listing.key) if part.order.name in listing.joined else listing.keys
    keys = None if keys is None else _filtered(listing, keys, wanted.filters)
    return keyset_page(connection, query, listing.key, part, keys)


def stream_of(connection: Connection, listing: Listing, wanted: Wanted) -> Iterator[Document]:
    """Give the documents of the list as `stream_rows` gives its rows."""
    return (document_of(listing, row) for row in stream_rows(connection, listing, wanted))


def stream_rows(connection: Connection, listing: Listing, wanted: Wanted) -> Iterator[Row[Any]]:
    """Give the rows of the list in constant memory, from a cursor on the server, or those of the page wanted.

    Raises as `rows_of` does, when the first is asked for.
    """
    if wanted.limit is not None:
        yield from rows_of(connection, listing, wanted).rows
        return
    order = _order(listing, wanted.order_by)
    query = _filtered(listing, listing.query, wanted.filters)
    if cursor := wanted.cursor:
        query = query.where(beyond(cursor, listing.key, order, falling=order.descending != cursor.backwards))
    query = ordered(query, listing.key, order, falling=order.descending)
    query = query.offset(wanted.offset) if wanted.offset and not wanted.cursor else query
    yield from run_list(connection, query.execution_options(yield_per=FETCH_ROWS))


def document_of(listing: Listing, row: Sequence[Any]) -> Document:
    """Return a row of the listing's query as JSON's values."""
    return dict(zip(listing.fields, row, strict=False))


def local_time(moment: Any, zone: str) -> ColumnElement[datetime]:
    """Return the moment (timestamptz) as whole seconds of the operation's local time."""
    return func.date_trunc("second", func.timezone(zone, moment))


def equals(column: ColumnElement[Any]) -> Condition:
    """Compare with a value of the column's own type."""
    return lambda value: column == value


def at(column: ColumnElement[Any]) -> Condition:
    """Compare a time with a day (any time of it) or with a time."""

    def condition(value: date | datetime) -> ColumnElement[bool]:
        if isinstance(value, datetime):
            return column == value
        return (column >= value) & (column < value + timedelta(days=1))

    return condition


def _filtered(listing: Listing, query: Select[Any], filters: Mapping[str, Any]) -> Select[Any]:
    given = (listing.conditions[name](value) for name, value in filters.items() if value is not None)
    return query.where(*given)


def _part(listing: Listing, wanted: Wanted) -> Part:
    assert wanted.limit is not None
    return Part(wanted.limit, _order(listing, wanted.order_by), wanted.cursor, wanted.offset)


def _order(listing: Listing, order_by: str) -> Order:
    name, key = order_by.removeprefix("-"), listing.key.key
    if name != key and name not in listing.orders:
        allowed = [str(key), *listing.orders]
        sentence = f"Order by one of {', '.join(allowed)}; a minus in front reverses the order."
        raise UnknownSortField(sentence, {"order_by": [sentence]})
    return Order(name, listing.orders.get(name), descending=order_by.startswith("-"))
