"""Keyset pages: page 20,000 costs what page 1 costs, and rows that arrive meanwhile are neither skipped nor doubled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, Select
from sqlalchemy.orm import Session
from sqlalchemy.sql.elements import ColumnElement


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place in a list: the rows after the one with `key`, or, `backwards`, those before it."""

    key: int
    backwards: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """Rows in the list's order, and the cursors of the pages beside it, None where the list ends."""

    rows: list[Row[Any]]
    next: Cursor | None
    previous: Cursor | None


def keyset_page(
    session: Session,
    query: Select[Any],
    key: ColumnElement[int],
    *,
    limit: int,
    cursor: Cursor | None,
    descending: bool = False,
) -> Page:
    """Return the page of `query` at `cursor` (None: the first), ordered by the unique column `key`."""
    backwards = cursor is not None and cursor.backwards
    falling = descending != backwards
    if cursor is not None:
        query = query.where(key < cursor.key if falling else key > cursor.key)
    # One more than asked for tells whether the list goes on.
    found = list(session.execute(query.order_by(key.desc() if falling else key).limit(limit + 1)))
    goes_on, rows = len(found) > limit, found[:limit]
    if backwards:
        rows.reverse()
    if not rows:
        return Page([], None, None)
    first, last = (getattr(row, key.key or "") for row in (rows[0], rows[-1]))
    return Page(
        rows,
        next=Cursor(last) if goes_on or backwards else None,
        previous=Cursor(first, backwards=True) if (goes_on if backwards else cursor) else None,
    )
