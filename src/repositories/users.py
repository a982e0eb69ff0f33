"""Users. Those who were deleted are nobody's business here."""

from __future__ import annotations

from functools import cache
from typing import Any

from sqlalchemy import Connection, Row, Select, func, insert, literal, or_, select, update

from src.domain.rows import normalise_nome
from src.models import User
from src.repositories.lists import Document, Listing, equals, local_time

TABLE: Any = User.__table__
THERE = TABLE.c.deleted_at.is_(None)
# Migrations hold (7012, 2), imports the merge gate (7012, 1).
ADMINS_LOCK = (7012, 3)
NO_PASSWORD = "none"  # noqa: S105 - what no password has as its hash


def find_user(connection: Connection, name: str) -> Row[Any] | None:
    """Return the user of that username, else of that e-mail, whatever the case, or None."""
    return connection.execute(_by_name(name, *TABLE.c)).one_or_none()


def find_login(connection: Connection, name: str) -> tuple[int | None, str]:
    """Return the id of the user that `find_user` finds, or None; and the name as it is compared."""
    user_id = _by_name(name, TABLE.c.id).scalar_subquery()
    row = connection.execute(select(user_id, func.lower(literal(normalise_nome(name))))).one()
    return row[0], row[1]


def _by_name(name: str, *columns: Any) -> Select[Any]:
    name = normalise_nome(name)
    matches_username = func.lower(User.username) == func.lower(name)
    return (
        select(*columns)
        .where(THERE, or_(matches_username, func.lower(User.email) == func.lower(name)))
        .order_by(matches_username.desc())
        .limit(1)
    )


def get_user(connection: Connection, user_id: int) -> Row[Any] | None:
    """Return the user, or None."""
    return connection.execute(select(*TABLE.c).where(TABLE.c.id == user_id, THERE)).one_or_none()


@cache
def listing(zone: str) -> Listing:
    """Return the list of all users; times of the system are shown in `zone`."""
    columns = TABLE.c
    shown: dict[str, Any] = {name: columns[name] for name in ("id", "username", "email", "role", "disabled")}
    shown |= {name: local_time(columns[name], zone) for name in ("created_at", "updated_at")}
    conditions = {name: equals(columns[name]) for name in ("id", "role", "disabled")}
    conditions |= {name: _equals_in_any_case(columns[name]) for name in ("username", "email")}
    orders: dict[str, Any] = {name: func.coalesce(columns[name], "") for name in ("username", "email", "role")}
    orders |= {name: columns[name] for name in ("created_at", "updated_at")}
    query = select(*(column.label(name) for name, column in shown.items())).where(THERE)
    return Listing(query, columns.id, tuple(shown), conditions, orders)


def _equals_in_any_case(column: Any) -> Any:
    return lambda value: func.lower(column) == func.lower(literal(value))


def add_user(connection: Connection, values: Document) -> int:
    """Add a user and return its id. An IntegrityError tells what is taken."""
    return int(connection.execute(insert(TABLE).values(**values).returning(TABLE.c.id)).scalar_one())


def change_user(connection: Connection, user_id: int, values: Document) -> None:
    """Give the user these values. An IntegrityError tells what is taken."""
    connection.execute(update(TABLE).where(TABLE.c.id == user_id).values(**values, updated_at=func.now()))


def delete_user(connection: Connection, user_id: int) -> None:
    """Delete the user: what refers to it still finds its name, and nothing else is kept of it."""
    erased = {"email": None, "password_hash": NO_PASSWORD, "deleted_at": func.now(), "updated_at": func.now()}
    connection.execute(update(TABLE).where(TABLE.c.id == user_id).values(erased))


def set_password_hash(connection: Connection, user_id: int, password_hash: str) -> None:
    """Store another hash of the user's password."""
    connection.execute(update(TABLE).where(TABLE.c.id == user_id).values(password_hash=password_hash))


def hold_with_password(connection: Connection, user_id: int, password_hash: str, *, alone: bool = False) -> bool:
    """Keep the user from being changed until the transaction ends; return False if it is not as it was any more.

    Several may hold it at once, unless one wants it `alone`.
    """
    welcome = (THERE, TABLE.c.disabled.is_(False), TABLE.c.password_hash == password_hash)
    query = select(TABLE.c.id).where(TABLE.c.id == user_id, *welcome)
    return connection.execute(query.with_for_update(read=not alone)).one_or_none() is not None


def lock_user(connection: Connection, user_id: int) -> Row[Any] | None:
    """Return the user and keep others from changing it, or opening sessions for it, until the transaction ends."""
    query = select(*TABLE.c).where(TABLE.c.id == user_id, THERE)
    return connection.execute(query.with_for_update()).one_or_none()


def lock_admins(connection: Connection) -> None:
    """Wait for others who change users: two admins who remove each other would each still see the other."""
    connection.execute(select(func.pg_advisory_xact_lock(*ADMINS_LOCK)))


def has_admin(connection: Connection) -> bool:
    """Return whether there is an admin who can log in."""
    query = select(TABLE.c.id).where(THERE, TABLE.c.role == "admin", TABLE.c.disabled.is_(False))
    return connection.execute(query.limit(1)).one_or_none() is not None
