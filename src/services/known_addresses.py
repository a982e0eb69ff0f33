"""Addresses that somebody has proven who they are from: what strangers guess elsewhere does not lock them out there.

Kept in Redis, signed, for each user and each API key: the latest few, for a month. Without Redis none is known.
"""

from __future__ import annotations

import time
from functools import lru_cache
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Final

import orjson

from src.cache import cache

KEPT_SECONDS: Final = 30 * 24 * 3600
MOST_ADDRESSES: Final = 8
# A busy API key is noted once in so many seconds by each process: a request costs no trip to Redis for it.
NOTED_SECONDS: Final = 60
MOST_NOTED: Final = 10_000

_noted: dict[tuple[str, str], float] = {}


@lru_cache(maxsize=4096)
def network_of(address: str | None) -> str:
    """Return what one subscriber has: an IPv4 address, or the /64 of an IPv6 address."""
    try:
        found = ip_address(address or "")
    except ValueError:
        return address or ""
    if isinstance(found, IPv6Address):
        return str(found.ipv4_mapped or ip_network((found, 64), strict=False))
    return str(found)


def remember(who: str, address: str | None) -> None:
    """Note that `who` has just proven from the address that it is them."""
    known = _read(who) | {network_of(address): time.time()}
    latest = sorted(known.items(), key=lambda each: each[1])[-MOST_ADDRESSES:]
    cache().replace([_key(who)], orjson.dumps(dict(latest)), KEPT_SECONDS)


def remember_now_and_then(who: str, address: str | None) -> None:
    """Do as `remember`, unless this process has done so a moment ago."""
    noted, now = (who, network_of(address)), time.monotonic()
    if now - _noted.get(noted, -NOTED_SECONDS) < NOTED_SECONDS:
        return
    if len(_noted) >= MOST_NOTED:
        _noted.clear()
    _noted[noted] = now
    remember(who, address)


def is_known(who: str, address: str | None) -> bool:
    """Return whether `who` has proven within a month, from this address, that it is them."""
    return _read(who).get(network_of(address), 0.0) > time.time() - KEPT_SECONDS


def _read(who: str) -> dict[str, float]:
    copy = cache().get(_key(who))
    return orjson.loads(copy) if copy else {}


def _key(who: str) -> str:
    return f"known:v1:{who}"
