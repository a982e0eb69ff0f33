"""The audit log: rows added, and listed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from typing import Any, NamedTuple

import orjson
import psycopg
from sqlalchemy import ColumnElement, Connection, func, literal, select

from src.models import AuditLog
from src.repositories.lists import Document, Listing, equals, local_time
from src.repositories.sql import cursor_of, statement

TABLE = AuditLog.__table__.c


@dataclass(frozen=True, slots=True)
class Change:
    """What became of one object; `before` None: it was made, `after` None: it was deleted."""

    object_type: str
    object_id: Any
    before: Document | None
    after: Document | None


class Actor(NamedTuple):
    """Who did something, and with which request. All None: the service itself, or a command on its machine."""

    user_id: int | None = None
    api_key_id: int | None = None
    actor: str | None = None
    request_id: str | None = None
    address: str | None = None


def add(connection: Connection | psycopg.Connection[Any], actor: Actor, action: str, changes: Sequence[Change]) -> None:
    """Add a row for each change, all by one statement."""
    # What orjson can't write is kept as its text rather than lost.
    values = actor._asdict() | {"action": action, "changes": orjson.dumps(changes, default=str).decode()}
    cursor = connection.cursor() if isinstance(connection, psycopg.Connection) else cursor_of(connection)
    cursor.execute(statement("audit_add"), values, prepare=True)


def add_partitions(connection: psycopg.Connection[Any]) -> None:
    """Add the partitions that this month and the next ones need. Others may write to the log meanwhile."""
    connection.execute(statement("audit_log_partitions"))


@cache
def listing(zone: str) -> Listing:
    """Return the list of the audit log; times are shown in `zone`."""
    shown: dict[str, ColumnElement[Any]] = {column.name: column for column in AuditLog.__table__.columns}
    shown["at"] = local_time(TABLE.at, zone)
    query = select(*(column.label(name) for name, column in shown.items()))
    conditions: dict[str, Any] = {
        name: equals(TABLE[name])
        for name in ("user_id", "api_key_id", "actor", "action", "object_type", "object_id", "request_id", "address")
    }
    conditions["from"] = lambda value: TABLE.at >= _moment(value, zone)
    conditions["to"] = lambda value: _until(value, zone)
    return Listing(query, TABLE.id, tuple(shown), conditions)


def _moment(value: date | datetime, zone: str) -> ColumnElement[Any]:
    local = value if isinstance(value, datetime) else datetime.combine(value, time.min)
    return func.timezone(zone, literal(local))


def _until(value: date | datetime, zone: str) -> ColumnElement[bool]:
    if isinstance(value, datetime):
        return TABLE.at < _moment(value + timedelta(seconds=1), zone)
    return TABLE.at < _moment(value + timedelta(days=1), zone)
