"""Sessions: opened by a login, carried on by refresh tokens, ended by a logout."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID, uuid4

from flask import current_app
from sqlalchemy import Connection, Row

from src.errors import NotAuthenticated
from src.repositories import sessions, users
from src.services.audit import record
from src.services.callers import Caller, forget_copies, key_of_session
from src.services.tokens import access_token, read_token, refresh_token
from src.services.unit_of_work import done_in_one, unit_of_work

# Whoever did not get the answer to a refresh may ask again for so long, and gets the same refresh token once more.
GRACE_SECONDS: Final = 10
ENDED: Final = "The refresh token is not valid any more: log in again."


@dataclass(frozen=True, slots=True)
class Login:
    """What a login gives; `expires_in` is the access token's life in seconds."""

    user: Row[Any]
    access_token: str
    refresh_token: str
    expires_in: int


def open_session(connection: Connection, user_id: int) -> Row[Any]:
    """Open a session for the user."""
    seconds = current_app.config["SETTINGS"].session_seconds
    return sessions.add_session(connection, uuid4(), user_id, uuid4(), seconds)


def login_of(user: Row[Any], opened: Row[Any]) -> Login:
    """Return the tokens of an open session."""
    token, seconds = access_token(opened)
    return Login(user, token, refresh_token(opened), seconds)


def refresh(token: str) -> Login:
    """Exchange a refresh token for new tokens. Raises NotAuthenticated or TokenExpired.

    Each is good once. One that comes again was copied, and ends the session, whoever sent it; but the last one may
    be repeated for some seconds and gets the answer that was lost, so that a retry or a second tab logs nobody out.
    """
    claims = read_token(token, "refresh")
    session_id = UUID(claims.session_id)
    found, user, reused = done_in_one(lambda connection: _exchange(connection, session_id, UUID(claims.token_id)))
    if reused:
        forget_copies([key_of_session(session_id)])
    if found is None or user is None:
        raise NotAuthenticated(ENDED)
    return login_of(user, found)


def _exchange(
    connection: Connection, session_id: UUID, token_id: UUID
) -> tuple[Row[Any] | None, Row[Any] | None, bool]:
    """Return the session with its next refresh token and its user, or neither; and whether a token was reused."""
    found = sessions.lock_open_session(connection, session_id, GRACE_SECONDS)
    if found is None:
        return None, None, False
    if token_id == found.refresh_id:
        found = sessions.exchange_refresh(connection, session_id, uuid4())
    elif token_id != found.previous_refresh_id or not found.just_refreshed:
        sessions.revoke(connection, session_id)
        record(connection, "reuse-of-refresh-token", "user", found.user_id, None, None)
        return None, None, True
    return found, users.get_user(connection, found.user_id), False


def log_out(caller: Caller) -> None:
    """End the caller's session: its access and refresh tokens are worth nothing from now on, anywhere."""
    assert caller.session_id is not None
    with unit_of_work() as connection:
        sessions.revoke(connection, UUID(caller.session_id))
        record(connection, "log-out", "user", caller.user_id, None, None)
    forget_copies([key_of_session(caller.session_id)])
