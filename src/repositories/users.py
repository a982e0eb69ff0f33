"""Users."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, func, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from src.models import User


def find_user(session: Session, name: str) -> Row[Any] | None:
    """Return the user of that username, else of that e-mail, whatever the case, or None."""
    matches_username = func.lower(User.username) == func.lower(name)
    query = (
        select(*User.__table__.columns)
        .where(or_(matches_username, func.lower(User.email) == func.lower(name)))
        .order_by(matches_username.desc())
        .limit(1)
    )
    return session.execute(query).one_or_none()


def add_user(session: Session, username: str, password_hash: str, role: str) -> bool:
    """Insert a user and return True, or return False where the name is taken."""
    statement = insert(User).values(username=username, password_hash=password_hash, role=role)
    return session.execute(statement.on_conflict_do_nothing().returning(User.id)).one_or_none() is not None
