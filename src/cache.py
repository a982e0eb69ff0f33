"""Redis as a place for copies: it may be away or wiped at any moment, and then the original is read.

Each copy is signed. Whoever can write to Redis, but does not know JWT_SECRET_KEY, can remove copies and nothing else:
a copy that they write, move to another key, or put back after its time reads as none.
"""

from __future__ import annotations

import hmac
import struct
import time
from collections.abc import Iterable
from typing import Any, Final

import structlog
from flask import Flask, current_app
from redis.exceptions import RedisError

from src.config import Settings
from src.redis_client import redis_client

TIMEOUT_SECONDS: Final = 0.25
# For this long a server that did not answer is not asked again: each request would wait for the timeout.
PAUSE_SECONDS: Final = 5.0
# A copy in Redis: its signature, when it ends (milliseconds since 1970), itself.
SIGNATURE_BYTES: Final = 32
END: Final = struct.Struct(">q")
PURPOSE: Final = b"indicators: copies in Redis, v1"
logger = structlog.get_logger(__name__)


class Cache:
    """Copies under keys. Without a server, or while it is away, there are none."""

    def __init__(self, url: str | None, secret: str) -> None:
        # Tried twice: the connection that a restarted server has closed is only found out by its use.
        self._redis = redis_client(url, TIMEOUT_SECONDS, tries=2) if url else None
        self._asked_again_at = 0.0
        self._secret = hmac.digest(secret.encode(), PURPOSE, "sha256")

    def get(self, key: str) -> bytes | None:
        """Return the copy, or None; also None if it has another signature than ours, or its time is over."""
        if self._redis is None or time.monotonic() < self._asked_again_at:
            return None
        try:
            found: Any = self._redis.get(key)
        except RedisError as error:
            self._pause(error)
            return None
        return None if found is None else self._opened(key, found)

    def keep(self, key: str, copy: bytes, seconds: float) -> None:
        """Keep the copy for so many seconds, unless there is one under the key already or the server is away."""
        if self._redis is None or seconds < 0.001 or time.monotonic() < self._asked_again_at:
            return
        try:
            self._redis.set(key, self._sealed(key, copy, seconds), nx=True, px=int(seconds * 1000))
        except RedisError as error:
            self._pause(error)

    def replace(self, keys: Iterable[str], copy: bytes, seconds: float) -> bool:
        """Put the copy under all keys for so many seconds, whatever is there; return False where the server is away."""
        if self._redis is None:
            return False
        try:
            with self._redis.pipeline(transaction=False) as pipeline:
                for key in keys:
                    pipeline.set(key, self._sealed(key, copy, seconds), px=int(seconds * 1000))
                pipeline.execute()
        except RedisError as error:
            self._pause(error)
            return False
        return True

    def _sealed(self, key: str, copy: bytes, seconds: float) -> bytes:
        body = END.pack(int((time.time() + seconds) * 1000)) + copy
        return self._signature(key, body) + body

    def _opened(self, key: str, sealed: bytes) -> bytes | None:
        signature, body = sealed[:SIGNATURE_BYTES], sealed[SIGNATURE_BYTES:]
        if not hmac.compare_digest(signature, self._signature(key, body)):
            logger.warning("copy_not_ours", key=key.rpartition(":")[0])
            return None
        (end,) = END.unpack_from(body)
        return body[END.size :] if time.time() * 1000 < end else None

    def _signature(self, key: str, body: bytes) -> bytes:
        # The key first, its length before it: no copy is good under another key.
        name = key.encode()
        return hmac.digest(self._secret, END.pack(len(name)) + name + body, "sha256")

    def _pause(self, error: RedisError) -> None:
        self._asked_again_at = time.monotonic() + PAUSE_SECONDS
        logger.warning("cache_unreachable", error=str(error))


def configure_cache(app: Flask, settings: Settings) -> None:
    """Give `app` its cache."""
    app.extensions["cache"] = Cache(settings.redis_url, settings.jwt_secret_key)


def cache() -> Cache:
    """Return the application's cache."""
    found: Cache = current_app.extensions["cache"]
    return found
