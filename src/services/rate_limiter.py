"""How often somebody may ask: requests counted by the minute, in Redis for all processes together.

A process takes a share of what is left and spends it without asking again: most requests cost 2 µs, where a trip to
Redis for each costs 70 and Flask-Limiter 380 (docs/decisions/0006-dependencies.md).
"""

from __future__ import annotations

import hashlib
import time
from collections import Counter
from dataclasses import dataclass
from threading import Lock

import redis
import structlog

from src.redis_client import redis_client

WINDOW_SECONDS = 60
# A process takes this part of a limit, a thousandth, at a time. What it does not spend of it is lost to the others.
SHARE = 1000
TIMEOUT_SECONDS = 0.25
# For this long a Redis that did not answer is left alone: each try would cost a request the timeout.
AWAY_SECONDS = 5
logger = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Limit:
    """So many requests by the minute of a kind, whose name says what is counted; for each caller, address or name."""

    name: str
    by_minute: int


@dataclass(frozen=True, slots=True)
class Standing:
    """Where somebody stands with a limit: so many requests are left, for so many seconds more; -1 is one too many."""

    limit: Limit
    remaining: int
    reset: int


@dataclass(slots=True)
class _Share:
    left: int = 0
    beyond: int = 0  # what was left in Redis when it was taken


class RateLimiter:
    """Counts requests by fixed minutes, so that there is a moment to come back at.

    While Redis is away each process counts for itself: nobody is refused because of it, and nothing is unlimited.
    Each process also keeps its own count of what it has given: whoever resets the counters in Redis gains no more than
    one limit for each process.
    """

    def __init__(self, redis_url: str | None) -> None:
        self._redis = redis_client(redis_url, TIMEOUT_SECONDS) if redis_url else None
        self._away_until = 0.0
        self._lock = Lock()
        self._minute = 0
        self._shares: dict[tuple[str, str], _Share] = {}
        self._counts: Counter[str] = Counter()  # what this process has given by itself

    def count(self, limit: Limit, who: str) -> Standing:
        """Count a request of `who` and return where that leaves them."""
        minute, second = divmod(int(time.time()), WINDOW_SECONDS)
        with self._lock:
            if minute != self._minute:
                self._minute = minute
                self._shares.clear()
                self._counts.clear()
            share = self._shares.get((limit.name, who))
            if share is None or not share.left:
                share = self._shares[limit.name, who] = self._take_share(limit, who)
            share.left -= 1
            return Standing(limit, max(share.left + share.beyond, -1), WINDOW_SECONDS - second)

    def is_spent(self, limit: Limit, who: str) -> bool:
        """Return whether this process knows that `who` has gone beyond the limit in this minute; asks nobody."""
        with self._lock:
            share = self._shares.get((limit.name, who))
            return share is not None and share.left < 0 and self._minute == int(time.time()) // WINDOW_SECONDS

    def _take_share(self, limit: Limit, who: str) -> _Share:
        wanted = max(limit.by_minute // SHARE, 1)
        # Names of any length come in: a digest keeps the keys short.
        digest = hashlib.sha256(who.encode()).hexdigest()[:32]
        taken = self._add(f"rate:{limit.name}:{digest}:{self._minute}", wanted)
        left = max(limit.by_minute - taken + wanted, 0)
        return _Share(min(left, wanted), max(left - wanted, 0))

    def _add(self, key: str, amount: int) -> int:
        """Add to what has been taken under the key, by all processes if Redis is there, and return the sum."""
        self._counts[key] += amount
        if self._redis and time.monotonic() >= self._away_until:
            try:
                pipeline = self._redis.pipeline(transaction=False)  # one trip for both
                pipeline.incrby(key, amount)
                pipeline.expire(key, 2 * WINDOW_SECONDS)
                return max(int(pipeline.execute()[0]), self._counts[key])
            except redis.RedisError as error:
                self._away_until = time.monotonic() + AWAY_SECONDS
                logger.warning("rate_limits_without_redis", error=str(error))
        return self._counts[key]
