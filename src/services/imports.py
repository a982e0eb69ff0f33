"""Imports as their senders see them: received, listed, cancelled. What the worker does is in `run_import`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

import structlog
from sqlalchemy import Row

from src.errors import ImportNotCancellable, ImportNotFound
from src.extensions import celery
from src.repositories import imports
from src.repositories.paging import Cursor, Page
from src.services.storage import Upload, uploads
from src.services.unit_of_work import unit_of_work
from src.services.upload_content import check_content

logger = structlog.get_logger(__name__)

MAX_FILENAME = 255
MAX_ATTEMPTS_TO_REGISTER = 5


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """What is to be done with a file. `force` imports content again that was imported already."""

    kind: str = "atendimentos"
    mode: str = "upsert"
    dry_run: bool = False
    force: bool = False


def receive_upload(
    fill: Callable[[Upload], str | None], options: ImportOptions, created_by: int | None, *, queue: bool = True
) -> tuple[Row[Any], bool]:
    """Store the file that `fill` writes and queue its import; return the import, and whether it is new.

    `fill` returns the file's name. Content that is queued, running or completed with the same options gives that
    import back. Without `queue` no worker is told: the caller runs the import.
    Raises EmptyUpload, UnsupportedUpload, UploadTooLarge or StorageFull; then nothing is kept.
    """
    with uploads().receive() as upload:
        filename = clean_filename(fill(upload))
        check_content(upload.head)
        key = upload.keep()
    file = {"filename": filename, "sha256": upload.sha256, "size_bytes": upload.size, "storage_key": key}
    try:
        row, is_new = _register(file, options, created_by)
    except BaseException:
        uploads().remove(key)
        raise
    structlog.contextvars.bind_contextvars(import_id=row.id)
    logger.info("import_received", kind=options.kind, size_bytes=upload.size, is_new=is_new)
    if not is_new:
        uploads().remove(key)
    elif queue:
        announce(row.id)
    return row, is_new


def _register(file: dict[str, Any], options: ImportOptions, created_by: int | None) -> tuple[Row[Any], bool]:
    same = (file["sha256"], options.kind, options.mode, options.dry_run)
    for _ in range(MAX_ATTEMPTS_TO_REGISTER):
        with unit_of_work() as session:
            if not options.force and (row := imports.find_live_import(session, *same)):
                return row, False
            if row := imports.add_import(session, file | asdict(options), created_by):
                return row, True
        # Somebody else's upload of this content came between the two: it is found now, unless it failed meanwhile.
    raise RuntimeError("The import could neither be added nor found.")


def announce(import_id: int) -> None:
    """Tell the workers of a queued import. Without a broker nothing happens: the sweep tells them later."""
    try:
        celery.send_task("imports.run", [import_id], retry=False)
    except Exception as error:
        logger.warning("broker_unreachable", import_id=import_id, error=str(error))


def clean_filename(name: str | None) -> str | None:
    """Return the last part of a path of any system, printable and at most 255 characters, or None for nothing."""
    base = (name or "").replace("\\", "/").rpartition("/")[2]
    printable = "".join(character for character in base if character.isprintable())
    return printable.strip()[:MAX_FILENAME] or None


def show_import(import_id: int) -> Row[Any]:
    """Return the import, or raise ImportNotFound."""
    with unit_of_work() as session:
        return _found(imports.get_import(session, import_id), import_id)


def list_imports(*, kind: str | None, status: str | None, limit: int, cursor: Cursor | None) -> Page:
    """Return a page of imports, newest first."""
    with unit_of_work() as session:
        return imports.page_of_imports(session, kind=kind, status=status, limit=limit, cursor=cursor)


def list_rejections(import_id: int, *, limit: int, cursor: Cursor | None) -> Page:
    """Return a page of the import's rejected rows by line, or raise ImportNotFound."""
    with unit_of_work() as session:
        _found(imports.get_import(session, import_id), import_id)
        return imports.page_of_rejections(session, import_id, limit=limit, cursor=cursor)


def stream_rejections(import_id: int) -> Iterator[Row[Any]]:
    """Give all of the import's rejected rows (line, reason, raw) in constant memory."""
    with unit_of_work() as session:
        yield from imports.stream_rejections(session, import_id)


def cancel_import(import_id: int) -> Row[Any]:
    """Cancel a queued import, or ask the worker to stop a running one; raise ImportNotCancellable if it has ended."""
    with unit_of_work() as session:
        # Locked, so that no worker claims it between the look and the change.
        row = _found(imports.get_import(session, import_id, lock=True), import_id)
        if row.status not in ("queued", "running"):
            raise ImportNotCancellable(f"Import {import_id} has ended already: it is {row.status}.")
        queued = row.status == "queued"
        row = imports.cancel_queued(session, import_id) if queued else imports.request_cancel(session, import_id)
    if queued:
        uploads().remove(row.storage_key)
    return row


def _found(row: Row[Any] | None, import_id: int) -> Row[Any]:
    if row is None:
        raise ImportNotFound(f"There is no import {import_id}.")
    return row
