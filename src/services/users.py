"""Users: shown, listed, added, changed, deleted, by admins and by commands."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final

import psycopg
from flask import current_app
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from src import errors
from src.repositories import api_keys, lists, sessions, users
from src.repositories.lists import Document, Wanted
from src.repositories.paging import Page
from src.services.audit import record
from src.services.callers import forget_copies, key_of_hash, key_of_session
from src.services.lists import read_all, read_page
from src.services.once import Request, done_once
from src.services.passwords import check_policy, hash_password
from src.services.unit_of_work import done_in_one, unit_of_work

Precondition = Callable[[Document], None]
# What an index protects: the field, the refusal and its sentence.
TAKEN: Final = {
    "uq_app_user_username": ("username", errors.DuplicateUsername, "Another user has this username."),
    "uq_app_user_email": ("email", errors.DuplicateEmail, "Another user has this e-mail."),
}


def ensure_admin(username: str, password: str) -> bool:
    """Create the admin and return True, or leave a user of that name as it is and return False.

    Several processes may do this at once: one creates, the others find.
    """
    with unit_of_work() as connection:
        if users.find_user(connection, username):
            return False
    values = {"username": username, "password_hash": hash_password(password), "role": "admin"}
    try:
        done_in_one(lambda connection: add_one(connection, values))
    except errors.DuplicateUsername:
        return False
    return True


def show_user(user_id: int) -> Document:
    """Return the user, or raise UserNotFound."""
    with unit_of_work() as connection:
        return _fetch(connection, user_id)


def find_user_id(username: str) -> int:
    """Return the id of the user of that username, or raise UserNotFound."""
    with unit_of_work() as connection:
        user = users.find_user(connection, username)
    if user is None:
        raise errors.UserNotFound(f"There is no user {username}.")
    return int(user.id)


def list_users(wanted: Wanted) -> tuple[list[Document], Page]:
    """Return a page of users. Raises UnknownSortField or InvalidCursor."""
    return read_page(users.listing(_zone()), wanted)


def export_users(wanted: Wanted) -> tuple[Sequence[str], Iterator[Document]]:
    """Return the users' fields and a stream of them, which raises as the list does."""
    return read_all(users.listing(_zone()), wanted)


def add_user(fields: Document, request: Request | None = None) -> Document:
    """Add a user and return it. Raises InvalidFields, DuplicateUsername or DuplicateEmail."""
    values = dict(fields)
    password = values.pop("password")
    check_policy(password, values["username"], values.get("email"))
    values["password_hash"] = hash_password(password)
    added: Document = done_once(lambda connection: _fetch(connection, add_one(connection, values)), request)
    return added


def add_one(connection: Connection, values: Document) -> int:
    """Add a user of these columns and return its id. Raises DuplicateUsername or DuplicateEmail."""
    with _refusing():
        user_id = users.add_user(connection, values)
    record(connection, "create", "user", user_id, None, _fetch(connection, user_id))
    return user_id


def change_user(user_id: int, fields: Document, unchanged: Precondition = lambda _: None) -> Document:
    """Change a user and return it; another password ends all its sessions.

    Raises UserNotFound, InvalidFields, DuplicateUsername, DuplicateEmail, LastAdmin or what `unchanged` raises.
    """
    values = dict(fields)
    password = values.pop("password", None)
    if password is not None:
        values["password_hash"] = hash_password(password)

    def change(connection: Connection) -> None:
        now = _fetch(connection, user_id)
        unchanged(now)
        if password is not None:
            named = {**now, **values}
            check_policy(password, named["username"], named["email"])
        with _refusing():
            users.change_user(connection, user_id, values)
        if password is not None:
            sessions.revoke_of_user(connection, user_id)
            record(connection, "change-password", "user", user_id, None, None)

    return _changed(user_id, change)


def delete_user(user_id: int, unchanged: Precondition = lambda _: None) -> None:
    """Delete a user and end its sessions; its name is free again.

    Raises UserNotFound, LastAdmin or what `unchanged` raises.
    """

    def delete(connection: Connection) -> None:
        unchanged(_fetch(connection, user_id))
        users.delete_user(connection, user_id)
        sessions.revoke_of_user(connection, user_id)

    _changed(user_id, delete)


def _changed(user_id: int, change: Callable[[Connection], None]) -> Document:
    """Do `change` to the user; return it as it is then, or was when it is gone.

    What its tokens and keys may do is looked up anew everywhere before this returns.
    """

    def work(connection: Connection) -> tuple[Document, list[str]]:
        users.lock_admins(connection)
        if users.lock_user(connection, user_id) is None:
            raise _not_found(user_id)
        before, had_admin = _fetch(connection, user_id), users.has_admin(connection)
        copies = [key_of_session(found) for found in sessions.ids_of_user(connection, user_id)]
        copies += [key_of_hash(found) for found in api_keys.hashes_of_user(connection, user_id)]
        change(connection)
        if had_admin and not users.has_admin(connection):
            raise errors.LastAdmin("This is the last admin who can log in: create another one first.")
        after = _document(connection, user_id)
        record(connection, "update" if after else "delete", "user", user_id, before, after)
        return after or before, copies

    document, copies = done_in_one(work)
    forget_copies(copies)
    return document


@contextmanager
def _refusing() -> Iterator[None]:
    """Tell what an index refuses in the words of the domain."""
    try:
        yield
    except IntegrityError as error:
        name = error.orig.diag.constraint_name if isinstance(error.orig, psycopg.Error) else None
        if name not in TAKEN:
            raise
        field, refusal, sentence = TAKEN[name]
        raise refusal(sentence, {field: [sentence]}) from error


def _fetch(connection: Connection, user_id: int) -> Document:
    document = _document(connection, user_id)
    if document is None:
        raise _not_found(user_id)
    return document


def _document(connection: Connection, user_id: int) -> Document | None:
    listing = users.listing(_zone())
    row = connection.execute(listing.query.where(listing.key == user_id)).one_or_none()
    return None if row is None else lists.document_of(listing, row)


def _not_found(user_id: int) -> errors.UserNotFound:
    return errors.UserNotFound(f"There is no user {user_id}.")


def _zone() -> str:
    return str(current_app.config["SETTINGS"].timezone)
