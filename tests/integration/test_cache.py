"""Copies in Redis: there, away, hanging, wiped."""

from __future__ import annotations

import socket
import time

import pytest
import redis

from src.cache import Cache
from src.config import Settings
from tests.conftest import SECRET


@pytest.fixture
def url(settings: Settings) -> str:
    assert settings.redis_url
    return settings.redis_url


def test_a_copy_is_kept_for_its_time_and_never_over_another(url: str) -> None:
    cache = Cache(url, SECRET)
    cache.keep("a", b"first", 60)
    cache.keep("a", b"second", 60)
    assert cache.get("a") == b"first"
    assert 0 < redis.Redis.from_url(url).pttl("a") <= 60_000
    assert cache.get("b") is None
    cache.keep("b", b"too late", 0)
    cache.keep("b", b"too late", -1)
    assert cache.get("b") is None


def test_what_is_replaced_is_replaced_whatever_is_there(url: str) -> None:
    cache = Cache(url, SECRET)
    cache.keep("a", b"first", 60)
    assert cache.replace(["a", "b"], b"ask", 60)
    assert (cache.get("a"), cache.get("b")) == (b"ask", b"ask")
    assert cache.replace([], b"ask", 60)


def test_without_a_server_there_are_no_copies_and_nothing_fails() -> None:
    cache = Cache(None, SECRET)
    cache.keep("a", b"first", 60)
    assert cache.get("a") is None
    assert not cache.replace(["a"], b"ask", 60)  # another process may know of one


def test_a_server_that_is_away_is_told_of_and_asked_again_later(url: str) -> None:
    cache = Cache("redis://127.0.0.1:1/0", SECRET)
    assert cache.get("a") is None
    assert not cache.replace(["a"], b"ask", 60)
    cache.keep("a", b"first", 60)
    cache._redis = redis.Redis.from_url(url)
    cache.keep("a", b"first", 60)  # not asked yet
    assert cache.get("a") is None
    cache._asked_again_at = time.monotonic()
    cache.keep("a", b"first", 60)
    assert cache.get("a") == b"first"


def test_a_server_that_says_nothing_is_waited_for_once() -> None:
    """Not by every request: the next ones know."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        cache = Cache(f"redis://127.0.0.1:{listener.getsockname()[1]}/0", SECRET)
        assert cache.get("a") is None
        assert cache._asked_again_at > time.monotonic()
        listener.settimeout(1)
        for _ in range(2):  # the connection and its second try
            listener.accept()
        assert cache.get("a") is None
        with pytest.raises(TimeoutError):
            listener.accept()


def test_a_connection_that_the_server_has_closed_is_opened_anew(url: str) -> None:
    cache = Cache(url, SECRET)
    cache.keep("a", b"first", 60)
    server = redis.Redis.from_url(url)
    server.client_kill_filter(_type="normal", skipme=True)
    assert cache.get("a") == b"first"
