"""Who asks: what a token or an API key stands for at this moment.

Postgres knows; Redis has copies, which live for seconds, and each process has its own, which live for a moment. A copy
in Redis is replaced by ASK before a change is answered, so that every process reads Postgres from then on, and the
answer waits for that moment. Where Redis can't be told, the change waits until no copy can be left there either.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Collection
from dataclasses import astuple, dataclass
from typing import Final
from uuid import UUID

import orjson

from src.cache import cache
from src.errors import NotAuthenticated
from src.repositories import api_keys, sessions
from src.services.snapshot import one_read
from src.services.tokens import read_token
from src.services.unit_of_work import unit_of_work

# How often Postgres is asked about a busy client, and how long a change takes that can't be told to Redis.
COPY_SECONDS: Final = 3
# Longer than a copy lives: a reader that was in Postgres before the change may still be about to keep what it saw.
ASK_SECONDS: Final = 4 * COPY_SECONDS
ASK: Final = b"ask"
# Saves a busy client's requests the trip to Redis, a fifth of what a record by its id costs; a logout waits as long.
MOMENT_SECONDS: Final = 0.25
MOST_AT_ONCE: Final = 10_000


_moments: dict[str, tuple[Caller | None, float]] = {}


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: a user in a session, or an API key that acts for the user who made it.

    `name` is what people call them; `until` is when the session or the key ends, in seconds since 1970.
    """

    user_id: int
    api_key_id: int | None
    session_id: str | None
    name: str
    role: str
    until: float

    @property
    def holder(self) -> int:
        """The number that keeps the Idempotency-Keys of users and of API keys apart."""
        return self.user_id if self.api_key_id is None else -self.api_key_id


def caller_of_token(token: str) -> Caller:
    """Return who asks with an access token. Raises NotAuthenticated or TokenExpired."""
    claims = read_token(token, "access")
    found = _known(key_of_session(claims.session_id), lambda: _read_session(claims.session_id))
    if found is None or found.user_id != claims.user_id:
        raise NotAuthenticated("The session of this token has ended: log in again.")
    return found


def caller_of_key(key: str) -> Caller:
    """Return who asks with an API key. Raises NotAuthenticated."""
    key_hash = hash_of(key)
    found = _known(key_of_hash(key_hash), lambda: _read_key(key_hash))
    if found is None:
        raise NotAuthenticated("The API key is not valid here: it is unknown, revoked or has expired.")
    return found


def hash_of(key: str) -> str:
    """Return what is stored of an API key.

    It has 256 random bits, which nobody guesses: a slow hash would only cost each request 30 ms.
    """
    return hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()


def key_of_session(session_id: str | UUID) -> str:
    """Return where the copy of a session is."""
    return f"caller:v2:session:{session_id}"


def key_of_hash(key_hash: str) -> str:
    """Return where the copy of an API key is."""
    return f"caller:v2:key:{key_hash}"


def forget_copies(keys: Collection[str]) -> None:
    """Have every process ask Postgres about these from now on. To be called after the change is committed."""
    if not keys:
        return
    told = cache().replace(keys, ASK, ASK_SECONDS)
    time.sleep(MOMENT_SECONDS + (0 if told else COPY_SECONDS))


def _known(key: str, read: Callable[[], Caller | None]) -> Caller | None:
    """Return the caller from its copy, else from Postgres; None where it may not ask."""
    asked = time.monotonic()
    held, until = _moments.get(key, (None, 0.0))
    if held is None or asked >= until:
        held = _looked_up(key, read, asked)
        if len(_moments) >= MOST_AT_ONCE:
            _moments.clear()
        # Counted from before the look, as the copy in Redis is.
        _moments[key] = (held, asked + MOMENT_SECONDS)
    return held if held and time.time() < held.until else None


def _looked_up(key: str, read: Callable[[], Caller | None], asked: float) -> Caller | None:
    copy = cache().get(key)
    found: Caller | None
    if copy and copy != ASK:
        found = Caller(*orjson.loads(copy))
    elif (found := read()) and copy is None:
        # Counted from before the look: a copy never outlives what it copies by more than COPY_SECONDS.
        cache().keep(key, orjson.dumps(astuple(found)), COPY_SECONDS - (time.monotonic() - asked))
    return found


def _read_session(session_id: str) -> Caller | None:
    with one_read() as connection:
        row = sessions.find_caller(connection, UUID(session_id))
    if row is None:
        return None
    return Caller(row.user_id, None, session_id, row.username, row.role, row.expires_at.timestamp())


def _read_key(key_hash: str) -> Caller | None:
    with one_read() as connection:
        row = api_keys.find_caller(connection, key_hash)
    if row is None:
        return None
    if row.use_is_news:
        with unit_of_work() as connection:
            api_keys.note_use(connection, row.id)
    until = row.expires_at.timestamp() if row.expires_at else 1e18
    return Caller(row.created_by, row.id, None, row.name, row.role, until)
