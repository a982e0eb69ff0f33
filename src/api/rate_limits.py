"""Limits on how often somebody may ask: which there are, for whom, and how an answer tells of them.

Routes that need no token are not limited, except those that give tokens.
"""

from __future__ import annotations

from collections.abc import Callable

import structlog
from flask import Flask, Response, current_app, g, request

from src.config import Settings
from src.errors import NotAuthenticated, TooManyRequests
from src.services import known_addresses
from src.services.callers import Caller
from src.services.known_addresses import network_of
from src.services.rate_limiter import WINDOW_SECONDS, Limit, RateLimiter, Standing

READING = ("GET", "HEAD")
logger = structlog.get_logger(__name__)
WRONG_KEYS = "wrong-API-keys-by-address"


def register_rate_limits(app: Flask, settings: Settings) -> None:
    """Make the counter, and tell with each answer where the caller stands."""
    app.extensions["rate_limiter"] = RateLimiter(settings.redis_url)
    app.after_request(_tell)


def limit_caller(who: str, right: str) -> None:
    """Count a request of the caller whose right the route needs, or raise TooManyRequests."""
    settings: Settings = current_app.config["SETTINGS"]
    if request.method in READING:
        _count(Limit("reads", settings.rate_limit_reads), who)
    elif right == "import":
        _count(Limit("uploads", settings.rate_limit_uploads), who)
    else:
        _count(Limit("writes", settings.rate_limit_writes), who)


def limit_login(who: Callable[[], str] | None = None) -> None:
    """Count a request for tokens by the address that it comes from, and by the account that `who` tells it is for.

    Raises TooManyRequests; by address first, so that nobody can fill the memory with names. From addresses that the
    account has logged in from before it is counted apart: what strangers guess elsewhere does not lock the owner out.
    """
    settings: Settings = current_app.config["SETTINGS"]
    network = network_of(request.remote_addr)
    _count(Limit("logins-by-address", settings.rate_limit_logins_by_address), network)
    if who is not None:
        account = who()
        known = known_addresses.is_known(account, network)
        by_name = Limit("logins-by-name", settings.rate_limit_logins_by_name)
        _count(by_name, f"{account} from {network}" if known else account)


def note_login(account: str) -> None:
    """Remember that somebody has logged in to the account from this address."""
    known_addresses.remember(account, request.remote_addr)


def limit_key(key_hash: str, find: Callable[[], Caller]) -> Caller:
    """Return what `find` finds for an API key, and count by address the keys that it does not find.

    Raises NotAuthenticated, or TooManyRequests for an address that has sent too many wrong keys: then only keys that
    were good from there before are looked up.
    """
    settings: Settings = current_app.config["SETTINGS"]
    limit, network = Limit(WRONG_KEYS, settings.rate_limit_logins_by_address), network_of(request.remote_addr)
    limiter: RateLimiter = current_app.extensions["rate_limiter"]
    who = f"key {key_hash}"
    if limiter.is_spent(limit, network) and not known_addresses.is_known(who, network):
        _count(limit, network)
    try:
        found = find()
    except NotAuthenticated:
        _count(limit, network)
        logger.warning("wrong_api_key", address=network)  # as many as the limit lets through
        raise
    known_addresses.remember_now_and_then(who, network)
    return found


def _count(limit: Limit, who: str) -> None:
    limiter: RateLimiter = current_app.extensions["rate_limiter"]
    standing = g.rate_limit = limiter.count(limit, who)
    if standing.remaining < 0:
        raise TooManyRequests(
            f"At most {limit.by_minute} {limit.name.replace('-', ' ')} per minute. Try again in {standing.reset} s.",
            retry_after=standing.reset,
        )


def _tell(response: Response) -> Response:
    standing: Standing | None = g.get("rate_limit")
    if standing:
        name, limit, left = standing.limit.name, standing.limit.by_minute, max(standing.remaining, 0)
        # The IETF's draft (httpapi-ratelimit-headers-10), and what clients of its earlier ones read.
        response.headers["RateLimit-Policy"] = f'"{name}";q={limit};w={WINDOW_SECONDS}'
        response.headers["RateLimit"] = f'"{name}";r={left};t={standing.reset}'
        response.headers["RateLimit-Limit"] = str(limit)
        response.headers["RateLimit-Remaining"] = str(left)
        response.headers["RateLimit-Reset"] = str(standing.reset)
    return response
