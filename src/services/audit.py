"""The audit log: written in the transaction of the change that it tells of, read by admins."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

import psycopg
from flask import current_app, g
from sqlalchemy.orm import Session

from src.repositories import audit_log
from src.repositories.audit_log import Actor, Change
from src.repositories.lists import Document, Wanted
from src.repositories.paging import Page
from src.services.lists import read_all, read_page

# Never written down, whoever hands them over.
SECRETS: Final = frozenset({"password", "password_hash", "token", "token_hash", "key", "key_hash", "secret"})


def record(
    session: Session | psycopg.Connection[Any],
    action: str,
    object_type: str,
    object_id: Any,
    before: Document | None,
    after: Document | None,
) -> None:
    """Write down what is done to an object in this transaction, by whoever asks: there is neither without the other."""
    record_all(session, action, [Change(object_type, object_id, before, after)])


def record_all(session: Session | psycopg.Connection[Any], action: str, changes: Sequence[Change]) -> None:
    """Write down what is done to several objects, as `record` does, by one statement."""
    if changes:
        audit_log.add(session, _actor(), action, [_without_secrets(change) for change in changes])


def list_changes(wanted: Wanted) -> tuple[list[Document], Page]:
    """Return a page of the log. Raises InvalidCursor."""
    return read_page(audit_log.listing(_zone()), wanted)


def export_changes(wanted: Wanted) -> tuple[Sequence[str], Iterator[Document]]:
    """Return the log's fields and a stream of it, in constant memory, which raises as the list does."""
    return read_all(audit_log.listing(_zone()), wanted)


def _actor() -> Actor:
    """Return who asks, as the door has left it in `g`; nobody where a worker or a command does it."""
    caller = g.get("caller")
    return Actor(
        user_id=caller.user_id if caller else None,
        api_key_id=caller.api_key_id if caller else None,
        actor=caller.name if caller else None,
        request_id=g.get("request_id"),
        address=g.get("address"),
    )


def _without_secrets(change: Change) -> Change:
    before, after = (
        {name: value for name, value in document.items() if name not in SECRETS} if document else document
        for document in (change.before, change.after)
    )
    return Change(change.object_type, change.object_id, before, after)


def _zone() -> str:
    return str(current_app.config["SETTINGS"].timezone)
