"""Answers kept under the key that their request came with."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

import psycopg
from sqlalchemy import Connection, Row, func, select
from sqlalchemy.dialects.postgresql import insert

from src.models import Idempotency

KEPT: Final = timedelta(hours=24)
FRESH = Idempotency.created_at > func.now() - KEPT


def try_to_hold(connection: Connection, caller_id: int, key: str) -> bool:
    """Keep others from using the caller's key until the transaction ends; return False where another has it."""
    number = func.hashtextextended(f"idempotency {caller_id} {key}", 0)
    return bool(connection.scalar(select(func.pg_try_advisory_xact_lock(number))))


def find_answer(connection: Connection, caller_id: int, key: str) -> Row[str, str] | None:
    """Return the `fingerprint` and the `answer` kept under the key, or None where there is none or it is too old."""
    query = select(Idempotency.fingerprint, Idempotency.answer)
    return connection.execute(
        query.where(Idempotency.caller_id == caller_id, Idempotency.key == key, FRESH)
    ).one_or_none()


def keep_answer(connection: Connection, caller_id: int, key: str, fingerprint: str, answer: str) -> None:
    """Keep the answer under the key, in the place of one that is too old."""
    values = {"fingerprint": fingerprint, "answer": answer, "created_at": func.now()}
    added = insert(Idempotency).values(caller_id=caller_id, key=key, **values)
    connection.execute(added.on_conflict_do_update(index_elements=["caller_id", "key"], set_=values))


def forget_old(connection: psycopg.Connection[Any]) -> None:
    """Delete the answers that are too old."""
    connection.execute("delete from idempotency where created_at < now() - %s", (KEPT,))
