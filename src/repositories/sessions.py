"""Sessions: what a login opens and a logout revokes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from psycopg import Connection as Driver
from sqlalchemy import Connection, Row, func, insert, select, update

from src.models import LoginSession, User

TABLE: Any = LoginSession.__table__
OPEN = LoginSession.revoked_at.is_(None) & (LoginSession.expires_at > func.now())
WELCOME = User.deleted_at.is_(None) & User.disabled.is_(False)


def find_caller(connection: Connection, session_id: UUID) -> Any:
    """Return the user (`user_id`, `username`, `role`) of an open session and when it `expires_at`, or None."""
    query = (
        select(LoginSession.user_id, User.username, User.role, LoginSession.expires_at)
        .join(User, User.id == LoginSession.user_id)
        .where(LoginSession.id == session_id, OPEN, WELCOME)
    )
    return connection.execute(query).one_or_none()


def add_session(connection: Connection, session_id: UUID, user_id: int, refresh_id: UUID, seconds: int) -> Row[Any]:
    """Open a session for so many seconds and return it."""
    values = {"id": session_id, "user_id": user_id, "refresh_id": refresh_id}
    expires_at = func.now() + timedelta(seconds=seconds)
    return connection.execute(insert(TABLE).values(**values, expires_at=expires_at).returning(*TABLE.c)).one()


def lock_open_session(connection: Connection, session_id: UUID, grace_seconds: int) -> Any:
    """Return the session if it is open and its user welcome, and keep others from it until the transaction ends.

    `just_refreshed` says whether its refresh token was exchanged within the last `grace_seconds`.
    """
    just_refreshed = LoginSession.refreshed_at > func.now() - timedelta(seconds=grace_seconds)
    query = (
        select(*TABLE.c, just_refreshed.label("just_refreshed"))
        .join(User, User.id == LoginSession.user_id)
        .where(LoginSession.id == session_id, OPEN, WELCOME)
        .with_for_update(of=LoginSession)
    )
    return connection.execute(query).one_or_none()


def exchange_refresh(connection: Connection, session_id: UUID, refresh_id: UUID) -> Row[Any]:
    """Make another refresh token the good one, and return the session."""
    values = {
        "previous_refresh_id": LoginSession.refresh_id,
        "refresh_id": refresh_id,
        "refreshed_at": func.now(),
    }
    return connection.execute(update(TABLE).where(TABLE.c.id == session_id).values(values).returning(*TABLE.c)).one()


def revoke(connection: Connection, session_id: UUID) -> None:
    """End a session for good."""
    connection.execute(update(TABLE).where(TABLE.c.id == session_id).values(revoked_at=func.now()))


def revoke_of_user(connection: Connection, user_id: int, but: UUID | None = None) -> None:
    """End all sessions of a user, but perhaps one."""
    others = update(TABLE).where(TABLE.c.user_id == user_id, TABLE.c.revoked_at.is_(None))
    connection.execute((others.where(TABLE.c.id != but) if but else others).values(revoked_at=func.now()))


def ids_of_user(connection: Connection, user_id: int) -> list[UUID]:
    """Return the sessions of a user that are open."""
    return list(connection.scalars(select(LoginSession.id).where(LoginSession.user_id == user_id, OPEN)))


def forget_ended(connection: Driver[Any]) -> None:
    """Delete the sessions whose time is over."""
    connection.execute("delete from login_session where expires_at < now()")
