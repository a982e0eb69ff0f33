"""Clients of Redis that wait for a moment at most, for a name server too.

Where Redis's container is stopped, its name is gone, and on some systems the look-up takes 10 s to fail. No timeout of
a socket covers that, so the name is looked up in a thread of its own, by one thread at a time.
"""

from __future__ import annotations

import ipaddress
import os
import socket
import threading
import time
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

from redis import Connection, ConnectionPool, Redis, SSLConnection
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry


class NameNotFound(RedisError):
    """The server's name has no address, or none in time. Never tried again: that would take as long once more."""


@dataclass(frozen=True, slots=True)
class _Lookup:
    started: float = field(default_factory=time.monotonic)
    answer: Future[Any] = field(default_factory=Future)


_lookups: dict[str, _Lookup] = {}
_lock = threading.Lock()


def _begin_again() -> None:
    # The threads of the parent are not there in its child.
    _lookups.clear()
    _lock.release()


# A child that is forked while another thread holds the lock would wait for it for ever.
os.register_at_fork(before=_lock.acquire, after_in_parent=_lock.release, after_in_child=_begin_again)


def redis_client(url: str, seconds: float, *, tries: int = 1) -> Redis:
    """Return a client whose every wait (look-up, connect, answer) ends after `seconds`; it connects when first used."""
    pool = ConnectionPool.from_url(
        url, socket_timeout=seconds, socket_connect_timeout=seconds, retry=Retry(NoBackoff(), tries - 1)
    )
    if pool.connection_class in BOUNDED:
        pool.connection_class = BOUNDED[pool.connection_class]
    return Redis(connection_pool=pool)


def require_name(host: str, seconds: float) -> None:
    """Return if `host` has an address. Raises NameNotFound, at once if the look-up has taken `seconds` already."""
    if _is_address(host):
        return
    with _lock:
        lookup = _lookups.get(host)
        if lookup is None or lookup.answer.done():
            lookup = _lookups[host] = _Lookup()
            threading.Thread(target=_look_up, args=(host, lookup.answer), name="look-up", daemon=True).start()
    try:
        lookup.answer.result(max(0.0, lookup.started + seconds - time.monotonic()))
    except TimeoutError as error:
        raise NameNotFound(f"No address of {host} within {seconds} s.") from error
    except OSError as error:
        raise NameNotFound(f"No address of {host}: {error}") from error


def _is_address(host: str) -> bool:
    try:
        return bool(ipaddress.ip_address(host))
    except ValueError:
        return False


def _look_up(host: str, answer: Future[Any]) -> None:
    try:
        answer.set_result(socket.getaddrinfo(host, None, type=socket.SOCK_STREAM))
    except Exception as error:
        answer.set_exception(error)


class _NameFirst:
    """Looks the name up within the time for a connection, before it connects."""

    host: Any
    socket_connect_timeout: Any

    def _connect(self) -> Any:
        require_name(self.host, self.socket_connect_timeout)
        return super()._connect()  # type: ignore[misc]


class _BoundedConnection(_NameFirst, Connection):
    pass


class _BoundedSSLConnection(_NameFirst, SSLConnection):
    pass


BOUNDED: dict[type, type] = {Connection: _BoundedConnection, SSLConnection: _BoundedSSLConnection}
