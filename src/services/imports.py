"""Imports as their senders see them: received, listed, cancelled. What the worker does is in `run_import`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any

import structlog
from sqlalchemy import Connection, Row

from src.errors import DomainError, ImportNotCancellable, ImportNotFound, NotAllowed
from src.queue import send_task
from src.repositories import imports
from src.repositories.lists import Wanted
from src.repositories.paging import Page
from src.services.audit import record
from src.services.callers import Caller
from src.services.once import Request, done_once
from src.services.snapshot import snapshot
from src.services.storage import Upload, uploads
from src.services.unit_of_work import TryAgain, unit_of_work
from src.services.upload_content import check_content

logger = structlog.get_logger(__name__)

MAX_FILENAME = 255


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """What is to be done with a file. `force` imports content again that was imported already.

    `max_rejected` is the share of its rows that may be rejected, `charset` the codec that reads it; None: the service
    decides by what is in the file.
    """

    kind: str = "atendimentos"
    mode: str = "upsert"
    dry_run: bool = False
    force: bool = False
    max_rejected: float | None = None
    charset: str | None = None


def receive_upload(
    fill: Callable[[Upload], str | None],
    options: ImportOptions,
    sender: Caller | None,
    request: Request | None = None,
    *,
    queue: bool = True,
) -> tuple[Row[Any], bool]:
    """Store the file that `fill` writes and queue its import; return the import, and whether it is new.

    `fill` returns the file's name. Content that is queued, running or completed with the same options gives that
    import back, and so does, whatever became of it, a request that comes again under its key. Without `queue` no worker
    is told: the caller runs the import. Raises EmptyUpload, UnsupportedUpload, UploadTooLarge, StorageFull,
    IdempotencyKeyReused or IdempotencyKeyInUse; then nothing is kept.
    """
    with uploads().receive() as upload:
        filename = clean_filename(fill(upload))
        check_content(upload.head, options.charset or upload.charset)
        key = upload.keep()
    options = replace(options, charset=options.charset or upload.charset)
    file = {"filename": filename, "sha256": upload.sha256, "size_bytes": upload.size, "storage_key": key}
    try:
        import_id = _register(file, options, sender, request)
    except DomainError:
        # After any other error the row may be there all the same: the answer to a commit can get lost. The sweep knows.
        uploads().remove(key)
        raise
    row = show_import(import_id)
    is_new = row.storage_key == key
    structlog.contextvars.bind_contextvars(import_id=row.id)
    logger.info("import_received", kind=options.kind, size_bytes=upload.size, is_new=is_new)
    if not is_new:
        uploads().remove(key)
    elif queue:
        announce(row.id)
    return row, is_new


def _register(file: dict[str, Any], options: ImportOptions, sender: Caller | None, request: Request | None) -> int:
    """Add the import, unless there is one already, and return its id."""
    by = {"created_by": sender.user_id, "created_by_key": sender.api_key_id} if sender else {}
    names = ("kind", "mode", "dry_run", "max_rejected", "charset")
    same = {"sha256": file["sha256"]} | {name: getattr(options, name) for name in names}

    def work(connection: Connection) -> int:
        if not options.force and (found := imports.find_live_import(connection, same)):
            return int(found.id)
        if (row := imports.add_import(connection, file | asdict(options) | by)) is None:
            # Another upload of this content came between the two: it is found now, unless it failed meanwhile.
            raise TryAgain
        told = {name: value for name, value in file.items() if name != "storage_key"} | asdict(options)
        record(connection, "upload", "import", row.id, None, told)
        return int(row.id)

    asked = request and replace(request, content=(request.content, file["sha256"], options.charset))
    return int(done_once(work, asked))


def announce(import_id: int) -> None:
    """Tell the workers of a queued import. Without a broker nothing happens: the sweep tells them later."""
    try:
        send_task("imports.run", import_id)
    except Exception as error:
        logger.warning("broker_unreachable", import_id=import_id, error=str(error))


def clean_filename(name: str | None) -> str | None:
    """Return the last part of a path of any system, printable and at most 255 characters, or None for nothing."""
    base = (name or "").replace("\\", "/").rpartition("/")[2]
    printable = "".join(character for character in base if character.isprintable())
    return printable.strip()[:MAX_FILENAME] or None


def show_import(import_id: int) -> Row[Any]:
    """Return the import, or raise ImportNotFound."""
    with unit_of_work() as connection:
        return _found(imports.get_import(connection, import_id), import_id)


def show_import_with_rows(import_id: int, asker: Caller) -> Row[Any]:
    """Return the import to one who may see its rejected rows: an admin, or who uploaded it, by the same key if by one.

    Raises ImportNotFound or NotAllowed.
    """
    row = show_import(import_id)
    uploaded = (row.created_by, row.created_by_key) == (asker.user_id, asker.api_key_id)
    if asker.role != "admin" and not uploaded:
        raise NotAllowed("Rejected rows are for admins and for the operator who uploaded the file.")
    return row


def list_imports(wanted: Wanted) -> Page:
    """Return a page of imports. Raises UnknownSortField or InvalidCursor."""
    with unit_of_work() as connection:
        return imports.page_of_imports(connection, wanted)


def stream_imports(wanted: Wanted) -> Iterator[Row[Any]]:
    """Give the imports in constant memory. Raises as `list_imports` does."""
    with snapshot() as connection:
        yield from imports.stream_imports(connection, wanted)


def list_rejections(import_id: int, wanted: Wanted) -> Page:
    """Return a page of the import's rejected rows. Raises UnknownSortField or InvalidCursor."""
    with unit_of_work() as connection:
        return imports.page_of_rejections(connection, import_id, wanted)


def stream_rejections(import_id: int, wanted: Wanted) -> Iterator[Row[Any]]:
    """Give the import's rejected rows (line, reason, raw) in constant memory. Raises as `list_rejections` does."""
    with snapshot() as connection:
        yield from imports.stream_rejections(connection, import_id, wanted)


def cancel_import(import_id: int) -> Row[Any]:
    """Cancel a queued import, or ask the worker to stop a running one; raise ImportNotCancellable if it has ended."""
    with unit_of_work() as connection:
        # Locked, so that no worker claims it between the look and the change.
        row = _found(imports.get_import(connection, import_id, lock=True), import_id)
        if row.status not in ("queued", "running"):
            raise ImportNotCancellable(f"Import {import_id} has ended already: it is {row.status}.")
        queued = row.status == "queued"
        before = _cancelling(row)
        row = imports.cancel_queued(connection, import_id) if queued else imports.request_cancel(connection, import_id)
        record(connection, "cancel", "import", import_id, before, _cancelling(row))
    if queued:
        uploads().remove(row.storage_key)
    return row


def _cancelling(row: Row[Any]) -> dict[str, Any]:
    return {"status": row.status, "cancel_requested": row.cancel_requested_at is not None}


def _found(row: Row[Any] | None, import_id: int) -> Row[Any]:
    if row is None:
        raise ImportNotFound(f"There is no import {import_id}.")
    return row
