"""API keys."""

from __future__ import annotations

from datetime import timedelta
from functools import cache
from typing import Any, Final

from sqlalchemy import Connection, Row, case, func, insert, select, update

from src.models import ApiKey, User
from src.repositories.lists import Document, Listing, local_time
from src.repositories.sessions import WELCOME

TABLE: Any = ApiKey.__table__
# A key that is used all the time writes its row once a minute.
USE_IS_NEWS_AFTER: Final = timedelta(minutes=1)
GOOD = ApiKey.revoked_at.is_(None) & (ApiKey.expires_at.is_(None) | (ApiKey.expires_at > func.now()))


def find_caller(connection: Connection, key_hash: str) -> Row[Any] | None:
    """Return a good key whose maker is welcome (`id`, `name`, `created_by`, `role`, `expires_at`), or None.

    Its role is never above the one that its maker has now. `use_is_news` says that its last use was long ago.
    """
    rank = {"viewer": 1, "operator": 2, "admin": 3}
    lower = case(rank, value=User.role) < case(rank, value=ApiKey.role)
    use_is_news = func.coalesce(ApiKey.last_used_at < func.now() - USE_IS_NEWS_AFTER, True)
    query = (
        select(
            ApiKey.id,
            ApiKey.name,
            ApiKey.created_by,
            ApiKey.expires_at,
            case((lower, User.role), else_=ApiKey.role).label("role"),
            use_is_news.label("use_is_news"),
        )
        .join(User, User.id == ApiKey.created_by)
        .where(ApiKey.key_hash == key_hash, GOOD, WELCOME)
    )
    return connection.execute(query).one_or_none()


def note_use(connection: Connection, key_id: int) -> None:
    """Remember that the key was used now, unless somebody has just done so."""
    old = TABLE.c.last_used_at.is_(None) | (TABLE.c.last_used_at < func.now() - USE_IS_NEWS_AFTER)
    connection.execute(update(TABLE).where(TABLE.c.id == key_id, old).values(last_used_at=func.now()))


@cache
def listing(zone: str) -> Listing:
    """Return the list of all keys that are not revoked; times are shown in `zone`."""
    columns = TABLE.c
    shown: dict[str, Any] = {name: columns[name] for name in ("id", "name", "prefix", "role", "created_by")}
    shown |= {name: local_time(columns[name], zone) for name in ("created_at", "expires_at", "last_used_at")}
    conditions = {name: _equals(columns[name]) for name in ("id", "name", "role", "created_by")}
    orders = {name: columns[name] for name in ("name", "role", "created_at")}
    query = select(*(column.label(name) for name, column in shown.items())).where(columns.revoked_at.is_(None))
    return Listing(query, columns.id, tuple(shown), conditions, orders)


def _equals(column: Any) -> Any:
    return lambda value: column == value


def add_key(connection: Connection, values: Document) -> int:
    """Add a key and return its id."""
    return int(connection.execute(insert(TABLE).values(**values).returning(TABLE.c.id)).scalar_one())


def revoke(connection: Connection, key_id: int) -> str | None:
    """End a key for good and return its hash, or None where there is none to end."""
    alive = (TABLE.c.id == key_id) & TABLE.c.revoked_at.is_(None)
    ended = update(TABLE).where(alive).values(revoked_at=func.now()).returning(TABLE.c.key_hash)
    key_hash: str | None = connection.scalar(ended)
    return key_hash


def hashes_of_user(connection: Connection, user_id: int) -> list[str]:
    """Return the hashes of the keys that a user made and nobody has revoked."""
    return list(
        connection.scalars(select(ApiKey.key_hash).where(ApiKey.created_by == user_id, ApiKey.revoked_at.is_(None)))
    )
