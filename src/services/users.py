"""Users: shown, listed, added, changed, deleted, by admins and by commands."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from sqlalchemy import Connection

from src import errors
from src.domain.look_alikes import look_alike_fault
from src.domain.rows import normalise_nome
from src.repositories import api_keys, lists, sessions, users
from src.repositories.lists import Document, Wanted
from src.repositories.paging import Page
from src.services.atendimentos import Precondition
from src.services.audit import record
from src.services.callers import forget_copies, key_of_hash, key_of_session
from src.services.lists import read_all, read_page, zone_name
from src.services.once import Request, done_once
from src.services.passwords import check_policy, hash_password
from src.services.refusals import Refusal, refusing
from src.services.unit_of_work import done_in_one, unit_of_work

REFUSALS: Final[dict[str, Refusal]] = {
    "uq_app_user_username": (errors.DuplicateUsername, "Another user has this username.", "username"),
    "uq_app_user_email": (errors.DuplicateEmail, "Another user has this e-mail.", "email"),
}


def ensure_admin(username: str, password: str) -> bool:
    """Create the admin and return True, or leave a user of that name as it is and return False.

    Several processes may do this at once: one creates, the others find.
    """
    with unit_of_work() as connection:
        if users.find_user(connection, username):
            return False
    values = {"username": normalise_nome(username), "password_hash": hash_password(password), "role": "admin"}
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
    return read_page(users.listing(zone_name()), wanted)


def export_users(wanted: Wanted) -> tuple[Sequence[str], Iterator[Document]]:
    """Return the users' fields and a stream of them, which raises as the list does."""
    return read_all(users.listing(zone_name()), wanted)


def add_user(fields: Document, request: Request | None = None) -> Document:
    """Add a user and return it. Raises InvalidFields, DuplicateUsername or DuplicateEmail."""
    values = dict(fields)
    refuse_look_alikes(values)
    password = values.pop("password")
    check_policy(password, values["username"], values.get("email"))
    values["password_hash"] = hash_password(password)
    added: Document = done_once(lambda connection: _fetch(connection, add_one(connection, values)), request)
    return added


def refuse_look_alikes(values: Document) -> None:
    """Raise InvalidFields if the username or the e-mail can be mistaken for another (Cyrillic `аdmin`)."""
    faults = {field: look_alike_fault(values.get(field) or "") for field in ("username", "email")}
    if faulty := {field: [fault] for field, fault in faults.items() if fault}:
        raise errors.InvalidFields(" ".join(fault for each in faulty.values() for fault in each), faulty)


def add_one(connection: Connection, values: Document) -> int:
    """Add a user of these columns and return its id. Raises DuplicateUsername or DuplicateEmail."""
    with refusing(REFUSALS):
        user_id = users.add_user(connection, values)
    record(connection, "create", "user", user_id, None, _fetch(connection, user_id))
    return user_id


def change_user(user_id: int, fields: Document, unchanged: Precondition = lambda _: None) -> Document:
    """Change a user and return it; a new password ends all its sessions. Values that it has already change nothing.

    Raises UserNotFound, InvalidFields, DuplicateUsername, DuplicateEmail, LastAdmin or what `unchanged` raises.
    """
    values = dict(fields)
    password = values.pop("password", None)
    if password is not None:
        values["password_hash"] = hash_password(password)

    def change(connection: Connection, now: Document) -> bool:
        unchanged(now)
        if values.items() <= now.items():
            return False
        # Names that are there already stay.
        refuse_look_alikes({field: value for field, value in values.items() if value != now.get(field)})
        if password is not None:
            named = {**now, **values}
            check_policy(password, named["username"], named["email"])
        with refusing(REFUSALS):
            users.change_user(connection, user_id, values)
        if password is not None:
            sessions.revoke_of_user(connection, user_id)
            record(connection, "change-password", "user", user_id, None, None)
        return True

    return _changed(user_id, change)


def delete_user(user_id: int, unchanged: Precondition = lambda _: None) -> None:
    """Delete a user and end its sessions; its name is free again.

    Raises UserNotFound, LastAdmin or what `unchanged` raises.
    """

    def delete(connection: Connection, now: Document) -> bool:
        unchanged(now)
        users.delete_user(connection, user_id)
        sessions.revoke_of_user(connection, user_id)
        return True

    _changed(user_id, delete)


def _changed(user_id: int, change: Callable[[Connection, Document], bool]) -> Document:
    """Do `change`, which gets the user and says whether there was anything to do; return it as it is then, or last was.

    What a changed user's tokens and keys may do is looked up anew everywhere before this returns.
    """

    def work(connection: Connection) -> tuple[Document, list[str]]:
        users.lock_admins(connection)
        if users.lock_user(connection, user_id) is None:
            raise _not_found(user_id)
        before, had_admin = _fetch(connection, user_id), users.has_admin(connection)
        copies = [key_of_session(found) for found in sessions.ids_of_user(connection, user_id)]
        copies += [key_of_hash(found) for found in api_keys.hashes_of_user(connection, user_id)]
        if not change(connection, before):
            return before, []
        if had_admin and not users.has_admin(connection):
            raise errors.LastAdmin("This is the last admin who can log in: create another one first.")
        after = _document(connection, user_id)
        record(connection, "update" if after else "delete", "user", user_id, before, after)
        return after or before, copies

    document, copies = done_in_one(work)
    forget_copies(copies)
    return document


def _fetch(connection: Connection, user_id: int) -> Document:
    document = _document(connection, user_id)
    if document is None:
        raise _not_found(user_id)
    return document


def _document(connection: Connection, user_id: int) -> Document | None:
    listing = users.listing(zone_name())
    row = connection.execute(listing.query.where(listing.key == user_id)).one_or_none()
    return None if row is None else lists.document_of(listing, row)


def _not_found(user_id: int) -> errors.UserNotFound:
    return errors.UserNotFound(f"There is no user {user_id}.")
