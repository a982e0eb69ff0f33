"""Imports and their rejected rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Row, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from src.models import Import, ImportRejection, User
from src.repositories.paging import Cursor, Page, keyset_page

TABLE = Import.__table__
REJECTIONS = ImportRejection.__table__
LIVE = ("queued", "running", "completed")
FETCH_ROWS = 1000


def add_import(session: Session, values: dict[str, Any], created_by: int | None) -> Row[Any] | None:
    """Insert an import, or return None where one of the same content and options is live.

    `created_by` becomes null if that user is gone.
    """
    creator = select(User.id).where(User.id == created_by).scalar_subquery()
    statement = insert(Import).values(**values, created_by=creator).on_conflict_do_nothing().returning(*TABLE.columns)
    return session.execute(statement).one_or_none()


def find_live_import(session: Session, sha256: str, kind: str, mode: str, dry_run: bool) -> Row[Any] | None:
    """Return the newest queued, running or completed import of that content with those options."""
    query = select(*TABLE.columns).where(
        Import.sha256 == sha256,
        Import.kind == kind,
        Import.mode == mode,
        Import.dry_run.is_(dry_run),
        Import.status.in_(LIVE),
    )
    return session.execute(query.order_by(Import.id.desc()).limit(1)).one_or_none()


def get_import(session: Session, import_id: int, *, lock: bool = False) -> Row[Any] | None:
    """Return the import, locked until the transaction ends if asked, or None.

    Not locked against the foreign keys of its rejected rows, which the running load holds until it commits: a cancel
    would wait for the very end that it is to prevent.
    """
    query = select(*TABLE.columns).where(Import.id == import_id)
    return session.execute(query.with_for_update(key_share=True) if lock else query).one_or_none()


def is_any_lease_held(session: Session) -> bool:
    """Whether some worker runs an import and says so."""
    held = select(TABLE.c.id).where(Import.status == "running", Import.lease_expires_at > func.now())
    return session.scalar(select(held.exists())) is True


def page_of_imports(
    session: Session, *, kind: str | None, status: str | None, limit: int, cursor: Cursor | None
) -> Page:
    """Return a page of imports, newest first."""
    query = select(*TABLE.columns)
    if kind:
        query = query.where(Import.kind == kind)
    if status:
        query = query.where(Import.status == status)
    return keyset_page(session, query, TABLE.c.id, limit=limit, cursor=cursor, descending=True)


def cancel_queued(session: Session, import_id: int) -> Row[Any]:
    """End an import that no worker has begun."""
    values = {"status": "cancelled", "cancel_requested_at": func.now(), "finished_at": func.now()}
    return _change(session, import_id, values)


def request_cancel(session: Session, import_id: int) -> Row[Any]:
    """Ask the worker that runs the import to stop it; the first time asked stays."""
    return _change(session, import_id, {"cancel_requested_at": func.coalesce(Import.cancel_requested_at, func.now())})


def _change(session: Session, import_id: int, values: dict[str, Any]) -> Row[Any]:
    statement = update(Import).where(Import.id == import_id).values(values).returning(*TABLE.columns)
    return session.execute(statement).one()


def page_of_rejections(session: Session, import_id: int, *, limit: int, cursor: Cursor | None) -> Page:
    """Return a page of the import's rejected rows in the order of the file."""
    query = select(*REJECTIONS.columns).where(ImportRejection.import_id == import_id)
    return keyset_page(session, query, REJECTIONS.c.line, limit=limit, cursor=cursor)


def stream_rejections(session: Session, import_id: int) -> Iterator[Row[Any]]:
    """Give the import's rejected rows in the order of the file, from a cursor on the server."""
    query = select(REJECTIONS.c.line, REJECTIONS.c.reason, REJECTIONS.c.raw)
    query = query.where(ImportRejection.import_id == import_id).order_by(ImportRejection.line)
    return iter(session.execute(query.execution_options(yield_per=FETCH_ROWS)))
