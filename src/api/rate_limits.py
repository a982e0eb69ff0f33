"""Limits on how often somebody may ask: which there are, for whom, and how an answer tells of them.

Routes that need no token are not limited, except those that give tokens.
"""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address, ip_network

from flask import Flask, Response, current_app, g, request

from src.config import Settings
from src.errors import TooManyRequests
from src.services.rate_limiter import WINDOW_SECONDS, Limit, RateLimiter, Standing

READING = ("GET", "HEAD")


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


def limit_login(name: str | None = None) -> None:
    """Count a request for tokens by the address that it comes from and by the name it is for.

    Raises TooManyRequests; by address first, so that nobody can fill the memory with names.
    """
    settings: Settings = current_app.config["SETTINGS"]
    _count(Limit("logins-by-address", settings.rate_limit_logins_by_address), _network(request.remote_addr))
    if name is not None:
        _count(Limit("logins-by-name", settings.rate_limit_logins_by_name), name.strip().lower())


def _count(limit: Limit, who: str) -> None:
    limiter: RateLimiter = current_app.extensions["rate_limiter"]
    standing = g.rate_limit = limiter.count(limit, who)
    if standing.remaining < 0:
        raise TooManyRequests(
            f"At most {limit.by_minute} {limit.name.replace('-', ' ')} per minute. Try again in {standing.reset} s.",
            retry_after=standing.reset,
        )


def _network(address: str | None) -> str:
    """Return what one subscriber has: an IPv4 address, or the /64 of an IPv6 address."""
    try:
        found = ip_address(address or "")
    except ValueError:
        return address or ""
    if isinstance(found, IPv6Address):
        return str(found.ipv4_mapped or ip_network((found, 64), strict=False))
    return str(found)


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
