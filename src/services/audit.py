"""The audit log: written in the transaction of the change that it tells of, read by admins."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

import psycopg
from flask import current_app, g
from sqlalchemy import Connection, Row

from src.repositories import audit_log
from src.repositories.audit_log import Actor, Change
from src.repositories.lists import Document, Wanted
from src.repositories.paging import Page
from src.services.lists import read_all, read_page, zone_name
from src.services.rate_limiter import Limit, RateLimiter

FAILURES: Final = Limit("failed-logins-written-down", 60)
FAILURES_OF_ADDRESS: Final = Limit("failed-logins-of-address-written-down", 10)
NOBODY: Final = "nobody"
HINT_LENGTH: Final = 2
# Never written down, whoever hands them over.
SECRETS: Final = frozenset({"password", "password_hash", "token", "token_hash", "key", "key_hash", "secret"})


def record(
    connection: Connection | psycopg.Connection[Any],
    action: str,
    object_type: str,
    object_id: Any,
    before: Document | None,
    after: Document | None,
) -> None:
    """Write down what is done to an object in this transaction, by whoever asks: there is neither without the other."""
    record_all(connection, action, [Change(object_type, object_id, before, after)])


def record_all(connection: Connection | psycopg.Connection[Any], action: str, changes: Sequence[Change]) -> None:
    """Write down what is done to several objects, as `record` does, by one statement."""
    if changes:
        audit_log.add(connection, actor(), action, [_without_secrets(change) for change in changes])


def record_login(connection: Connection, user: Row[Any]) -> None:
    """Write down that the user has logged in."""
    whoever = actor()._replace(user_id=user.id, actor=user.username)
    audit_log.add(connection, whoever, "log-in", [Change("user", user.id, None, None)])


def record_failed_login(connection: Connection, user: Row[Any] | None, name: str) -> None:
    """Write down that somebody failed to log in as the user, or under a name that nobody has.

    So many a minute at most: a flood fills neither the log nor, from one address, what others have of it.
    """
    limiter: RateLimiter = current_app.extensions["rate_limiter"]
    for limit, who in ((FAILURES_OF_ADDRESS, g.get("address") or ""), (FAILURES, "all")):
        if limiter.count(limit, who).remaining < 0:
            return
    failed = Change("user", user.id if user else NOBODY, None, {"name": user.username if user else _hint(name)})
    audit_log.add(connection, actor(), "failed-log-in", [failed])


def _hint(name: str) -> str:
    """Return what may be kept of a name that nobody has: it may be a password that was typed into the wrong field."""
    start = "".join(character for character in name[:HINT_LENGTH] if character.isprintable())
    return f"{start}… ({len(name)} characters)"


def list_changes(wanted: Wanted) -> tuple[list[Document], Page]:
    """Return a page of the log. Raises InvalidCursor."""
    return read_page(audit_log.listing(zone_name()), wanted)


def export_changes(wanted: Wanted) -> tuple[Sequence[str], Iterator[Document]]:
    """Return the log's fields and a stream of it, in constant memory, which raises as the list does."""
    return read_all(audit_log.listing(zone_name()), wanted)


def actor() -> Actor:
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
