"""Imports and their rejected rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from sqlalchemy import Connection, DateTime, Row, cast, func, literal, select, update
from sqlalchemy.dialects.postgresql import insert

from src.models import Import, ImportRejection
from src.repositories.lists import Listing, Wanted, rows_of, stream_rows
from src.repositories.paging import Page

TABLE = Import.__table__
REJECTIONS = ImportRejection.__table__
LIVE = ("queued", "running", "completed")
# What has not happened yet counts as later than all that has.
_NEVER: Final = cast(literal("infinity"), DateTime(timezone=True))
LISTING: Final = Listing(
    select(*TABLE.columns),
    TABLE.c.id,
    tuple(TABLE.columns.keys()),
    {"kind": lambda kind: TABLE.c.kind == kind, "status": lambda status: TABLE.c.status == status},
    {
        "filename": func.coalesce(TABLE.c.filename, ""),
        **{name: TABLE.c[name] for name in ("kind", "status", "size_bytes", "rows_read", "rows_rejected")},
        "created_at": TABLE.c.created_at,
        **{name: func.coalesce(TABLE.c[name], _NEVER) for name in ("started_at", "finished_at")},
    },
)


def add_import(connection: Connection, values: dict[str, Any]) -> Row[Any] | None:
    """Insert an import, or return None where one of the same content and options is live."""
    statement = insert(Import).values(**values).on_conflict_do_nothing().returning(*TABLE.columns)
    return connection.execute(statement).one_or_none()


def find_live_import(connection: Connection, same: dict[str, Any]) -> Row[Any] | None:
    """Return the newest queued, running or completed import with that content and those options."""
    equal = [TABLE.c[name].is_not_distinct_from(value) for name, value in same.items()]
    query = select(*TABLE.columns).where(*equal, Import.status.in_(LIVE))
    return connection.execute(query.order_by(Import.id.desc()).limit(1)).one_or_none()


def get_import(connection: Connection, import_id: int, *, lock: bool = False) -> Row[Any] | None:
    """Return the import, locked until the transaction ends if asked, or None.

    Not locked against the foreign keys of its rejected rows, which the running load holds until it commits: a cancel
    would wait for the very end that it is to prevent.
    """
    query = select(*TABLE.columns).where(Import.id == import_id)
    return connection.execute(query.with_for_update(key_share=True) if lock else query).one_or_none()


def is_any_lease_held(connection: Connection) -> bool:
    """Whether some worker runs an import and says so."""
    held = select(TABLE.c.id).where(Import.status == "running", Import.lease_expires_at > func.now())
    return connection.scalar(select(held.exists())) is True


def page_of_imports(connection: Connection, wanted: Wanted) -> Page:
    """Return a page of imports. Raises UnknownSortField or InvalidCursor."""
    return rows_of(connection, LISTING, wanted)


def stream_imports(connection: Connection, wanted: Wanted) -> Iterator[Row[Any]]:
    """Give the imports, from a cursor on the server. Raises as `page_of_imports` does."""
    return stream_rows(connection, LISTING, wanted)


def cancel_queued(connection: Connection, import_id: int) -> Row[Any]:
    """End an import that no worker has begun."""
    values = {"status": "cancelled", "cancel_requested_at": func.now(), "finished_at": func.now()}
    return _change(connection, import_id, values)


def request_cancel(connection: Connection, import_id: int) -> Row[Any]:
    """Ask the worker that runs the import to stop it; the first time asked stays."""
    return _change(
        connection, import_id, {"cancel_requested_at": func.coalesce(Import.cancel_requested_at, func.now())}
    )


def _change(connection: Connection, import_id: int, values: dict[str, Any]) -> Row[Any]:
    statement = update(Import).where(Import.id == import_id).values(values).returning(*TABLE.columns)
    return connection.execute(statement).one()


def page_of_rejections(connection: Connection, import_id: int, wanted: Wanted) -> Page:
    """Return a page of the import's rejected rows. Raises UnknownSortField or InvalidCursor."""
    return rows_of(connection, _rejections_of(import_id), wanted)


def stream_rejections(connection: Connection, import_id: int, wanted: Wanted) -> Iterator[Row[Any]]:
    """Give the import's rejected rows, from a cursor on the server. Raises as `page_of_rejections` does."""
    return stream_rows(connection, _rejections_of(import_id), wanted)


def _rejections_of(import_id: int) -> Listing:
    query = select(*REJECTIONS.columns).where(ImportRejection.import_id == import_id)
    orders = {"column": func.coalesce(REJECTIONS.c.column, ""), "code": REJECTIONS.c.code}
    return Listing(query, REJECTIONS.c.line, tuple(REJECTIONS.columns.keys()), {}, orders)
