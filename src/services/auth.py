"""Proving who one is by a name and a password."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from flask import current_app
from sqlalchemy import Connection, Row

from src.errors import InvalidCredentials, InvalidFields, NotAuthenticated, RegistrationClosed
from src.repositories import sessions, users
from src.services.audit import record, record_failed_login, record_login
from src.services.callers import Caller, forget_copies, key_of_session
from src.services.passwords import check_policy, hash_password, is_outdated, is_password
from src.services.sessions import Login, login_of, open_session
from src.services.snapshot import one_read
from src.services.unit_of_work import done_in_one, unit_of_work
from src.services.users import add_one, refuse_look_alikes

WRONG: Final = "The name or the password is wrong."
# Two logins at once may both find the hash outdated: the second begins anew with the hash that the first has made.
TRIES: Final = 3
NOT_YOURS: Final = "This is not your current password."


def account_of(name: str) -> str:
    """Return what tries to log in under this name are counted by: the user, however they are named, else the name."""
    with one_read() as connection:
        user_id, lowered = users.find_login(connection, name)
    return f"name {lowered}" if user_id is None else account_of_user(user_id)


def account_of_user(user_id: int) -> str:
    """Return what tries of this user's password are counted by."""
    return f"user {user_id}"


def log_in(name: str, password: str) -> Login:
    """Open a session for the user of that username or e-mail, or raise InvalidCredentials.

    Takes the same time for an unknown name as for a wrong password, so that names can't be found out by the clock.
    """
    for _ in range(TRIES):
        user = _proven(name, password)
        if opened := _opened(user, password):
            return login_of(user, opened)
    raise InvalidCredentials(WRONG)


def _proven(name: str, password: str) -> Row[Any]:
    with unit_of_work() as connection:
        user = users.find_user(connection, name)
    # Outside the transaction: hashing takes longer than all else here.
    if is_password(user.password_hash if user else None, password) and user and not user.disabled:
        return user
    with unit_of_work() as connection:
        record_failed_login(connection, user, name)
    raise InvalidCredentials(WRONG)


def _opened(user: Row[Any], password: str) -> Row[Any] | None:
    """Open a session, or return None if the user was changed, disabled or deleted since its password was looked at."""
    better = hash_password(password) if is_outdated(user.password_hash) else None

    def work(connection: Connection) -> Row[Any] | None:
        if not users.hold_with_password(connection, user.id, user.password_hash, alone=better is not None):
            return None
        if better:
            users.set_password_hash(connection, user.id, better)
        record_login(connection, user)
        return open_session(connection, user.id)

    return done_in_one(work)


def register(username: str, email: str, password: str) -> Row[Any]:
    """Add a viewer and return it. Raises RegistrationClosed, InvalidFields, DuplicateUsername or DuplicateEmail."""
    if not current_app.config["SETTINGS"].open_registration:
        raise RegistrationClosed("Registration is closed here: an administrator adds users.")
    refuse_look_alikes({"username": username, "email": email})
    check_policy(password, username, email)
    values = {"username": username, "email": email, "role": "viewer", "password_hash": hash_password(password)}

    def work(connection: Connection) -> Row[Any]:
        user = users.get_user(connection, add_one(connection, values))
        assert user is not None
        return user

    return done_in_one(work)


def show_me(caller: Caller) -> Row[Any]:
    """Return the user who asks, or raise NotAuthenticated where it was deleted just now."""
    with unit_of_work() as connection:
        user = users.get_user(connection, caller.user_id)
    if user is None:
        raise NotAuthenticated("This user no longer exists.")
    return user


def change_own_password(caller: Caller, present: str, new: str) -> None:
    """Give the caller another password and end all of its sessions but the one that asks.

    Raises InvalidFields where `present` is not the present one, or `new` is easily guessed.
    """
    user = show_me(caller)
    if not is_password(user.password_hash, present):
        raise InvalidFields(NOT_YOURS, {"current_password": [NOT_YOURS]})
    check_policy(new, user.username, user.email, "new_password")
    password_hash = hash_password(new)
    assert caller.session_id is not None
    own = UUID(caller.session_id)

    def work(connection: Connection) -> list[UUID]:
        if not users.hold_with_password(connection, user.id, user.password_hash, alone=True):
            raise InvalidFields(NOT_YOURS, {"current_password": [NOT_YOURS]})
        users.set_password_hash(connection, user.id, password_hash)
        others = [found for found in sessions.ids_of_user(connection, user.id) if found != own]
        sessions.revoke_of_user(connection, user.id, but=own)
        record(connection, "change-password", "user", user.id, None, None)
        return others

    forget_copies([key_of_session(other) for other in done_in_one(work)])
