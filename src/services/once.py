"""Doing once what is asked twice with the same Idempotency-Key."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy.orm import Session

from src.errors import IdempotencyKeyInUse, IdempotencyKeyReused
from src.repositories import idempotency
from src.services.unit_of_work import done_in_one


@dataclass(frozen=True, slots=True)
class Request:
    """What a caller asks for under a key of its own; the same key goes with the same operation and content only."""

    caller_id: int
    key: str
    operation: str
    content: Any

    @property
    def fingerprint(self) -> str:
        options = orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS
        return hashlib.sha256(self.operation.encode() + b"\n" + orjson.dumps(self.content, option=options)).hexdigest()


def done_once(work: Callable[[Session], Any], request: Request | None, shown_once: Collection[str] = ()) -> Any:
    """Do `work` in one transaction and return its JSON, or what it returned when the request came before.

    The answer is kept in the same transaction: a crash leaves neither it nor the effect, and what was refused may be
    tried again. Fields that are `shown_once` are not kept, and null in a repeated answer.
    Raises IdempotencyKeyReused or IdempotencyKeyInUse.
    """
    if request is None:
        return done_in_one(work)

    def work_once(session: Session) -> Any:
        if not idempotency.try_to_hold(session, request.caller_id, request.key):
            raise IdempotencyKeyInUse("The request that came with this key first is still being answered.")
        if kept := idempotency.find_answer(session, request.caller_id, request.key):
            if kept.fingerprint != request.fingerprint:
                raise IdempotencyKeyReused("This key came with another request before. Take a new one.")
            return orjson.loads(kept.answer)
        answer = work(session)
        text = orjson.dumps(answer | dict.fromkeys(shown_once) if shown_once else answer).decode()
        idempotency.keep_answer(session, request.caller_id, request.key, request.fingerprint, text)
        return answer

    return done_in_one(work_once)
