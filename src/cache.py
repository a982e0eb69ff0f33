"""Redis as a place for copies: it may be away or wiped at any moment, and then the original is read."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any, Final

import structlog
from flask import Flask, current_app
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from src.config import Settings

TIMEOUT_SECONDS: Final = 0.25
# For this long a server that did not answer is not asked again: each request would wait for the timeout.
PAUSE_SECONDS: Final = 5.0
logger = structlog.get_logger(__name__)


class Cache:
    """Copies under keys. Without a server, or while it is away, there are none."""

    def __init__(self, url: str | None) -> None:
        # Tried twice: the connection that a restarted server has closed is only found out by its use.
        retry = Retry(NoBackoff(), 1)
        timeouts: dict[str, Any] = {"socket_timeout": TIMEOUT_SECONDS, "socket_connect_timeout": TIMEOUT_SECONDS}
        self._redis = Redis.from_url(url, retry=retry, **timeouts) if url else None
        self._asked_again_at = 0.0

    def get(self, key: str) -> bytes | None:
        """Return the copy, or None."""
        if self._redis is None or time.monotonic() < self._asked_again_at:
            return None
        try:
            found: Any = self._redis.get(key)
        except RedisError as error:
            self._pause(error)
            return None
        return found  # type: ignore[no-any-return]

    def keep(self, key: str, copy: bytes, seconds: float) -> None:
        """Keep the copy for so many seconds, unless there is one under the key already or the server is away."""
        if self._redis is None or seconds < 0.001 or time.monotonic() < self._asked_again_at:
            return
        try:
            self._redis.set(key, copy, nx=True, px=int(seconds * 1000))
        except RedisError as error:
            self._pause(error)

    def replace(self, keys: Iterable[str], copy: bytes, seconds: float) -> bool:
        """Put the copy under all keys for so many seconds, whatever is there; return False where the server is away."""
        if self._redis is None:
            return False
        try:
            with self._redis.pipeline(transaction=False) as pipeline:
                for key in keys:
                    pipeline.set(key, copy, px=int(seconds * 1000))
                pipeline.execute()
        except RedisError as error:
            self._pause(error)
            return False
        return True

    def _pause(self, error: RedisError) -> None:
        self._asked_again_at = time.monotonic() + PAUSE_SECONDS
        logger.warning("cache_unreachable", error=str(error))


def configure_cache(app: Flask, settings: Settings) -> None:
    """Give `app` its cache."""
    app.extensions["cache"] = Cache(settings.redis_url)


def cache() -> Cache:
    """Return the application's cache."""
    found: Cache = current_app.extensions["cache"]
    return found
