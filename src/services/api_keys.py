"""API keys: made, listed, revoked, by admins."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

from flask import current_app
from sqlalchemy import Connection

from src import errors
from src.repositories import api_keys, lists
from src.repositories.lists import Document, Wanted
from src.repositories.paging import Page
from src.services.audit import record
from src.services.callers import Caller, forget_copies, hash_of, key_of_hash
from src.services.lists import read_all, read_page
from src.services.once import Request, done_once
from src.services.unit_of_work import unit_of_work

# A scanner for leaked secrets can know it by this.
MARK: Final = "indicators_"
PREFIX_LENGTH: Final = len(MARK) + 6


def add_key(caller: Caller, fields: Document, request: Request | None = None) -> Document:
    """Make a key that acts for the caller and return it, with the `key` itself this once only.

    When the request comes again the `key` is None: it is not kept. Raises InvalidFields where its time would be over
    already, IdempotencyKeyReused or IdempotencyKeyInUse.
    """
    expires_at: datetime | None = fields["expires_at"]
    zone = current_app.config["SETTINGS"].timezone
    if expires_at is not None:
        expires_at = expires_at.replace(tzinfo=zone)
        if expires_at <= datetime.now(zone):
            raise errors.InvalidFields("The key would have expired already.", {"expires_at": ["Not in the future."]})
    key = MARK + secrets.token_urlsafe(32)
    values = {
        **fields,
        "expires_at": expires_at,
        "prefix": key[:PREFIX_LENGTH],
        "key_hash": hash_of(key),
        "created_by": caller.user_id,
    }

    def work(connection: Connection) -> Document:
        added = _document(connection, api_keys.add_key(connection, values))
        assert added is not None
        record(connection, "create", "api_key", added["id"], None, added)
        return added | {"key": key}

    return done_once(work, request, shown_once=("key",))  # type: ignore[no-any-return]


def list_keys(wanted: Wanted) -> tuple[list[Document], Page]:
    """Return a page of the keys that are not revoked. Raises UnknownSortField or InvalidCursor."""
    return read_page(api_keys.listing(_zone()), wanted)


def export_keys(wanted: Wanted) -> tuple[Sequence[str], Iterator[Document]]:
    """Return the keys' fields and a stream of them, which raises as the list does."""
    return read_all(api_keys.listing(_zone()), wanted)


def revoke_key(key_id: int) -> None:
    """End a key for good, at once, or raise ApiKeyNotFound."""
    with unit_of_work() as connection:
        before = _document(connection, key_id)
        key_hash = api_keys.revoke(connection, key_id)
        if key_hash is not None:
            record(connection, "revoke", "api_key", key_id, before, None)
    if key_hash is None:
        raise errors.ApiKeyNotFound(f"There is no API key {key_id}.")
    forget_copies([key_of_hash(key_hash)])


def _document(connection: Connection, key_id: int) -> Document | None:
    """Return the key as it is shown, or None where it is revoked or never was."""
    listing = api_keys.listing(_zone())
    row = connection.execute(listing.query.where(listing.key == key_id)).one_or_none()
    return None if row is None else lists.document_of(listing, row)


def _zone() -> str:
    return str(current_app.config["SETTINGS"].timezone)
