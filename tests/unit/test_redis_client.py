"""A client of Redis never waits longer than it was told, whatever the name server does."""

from __future__ import annotations

import os
import socket
import threading

import pytest
from redis.exceptions import RedisError

from src.redis_client import NameNotFound, redis_client, require_name
from src.services.rate_limiter import Limit, RateLimiter

# Longer than any test may take, and shorter than for ever: the threads end with the test.
NEVER = 300


@pytest.fixture
def silent_name_server(monkeypatch):
    """A name server that does not answer until the test has ended; yields the names that it was asked for."""
    asked: list[str] = []
    released = threading.Event()
    real = socket.getaddrinfo

    def hang(host, *args, **kwargs):
        asked.append(host)
        released.wait(NEVER)
        return real("127.0.0.1", *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    yield asked
    released.set()


def test_a_look_up_that_hangs_is_given_up(silent_name_server):
    client = redis_client("redis://gone.invalid:6379/0", 0.05)
    with pytest.raises(NameNotFound):
        client.ping()


def test_a_look_up_that_hangs_is_not_tried_twice(silent_name_server):
    client = redis_client("redis://twice.invalid:6379/0", 0.05, tries=2)
    with pytest.raises(NameNotFound):
        client.ping()
    assert silent_name_server == ["twice.invalid"]


def test_while_one_hangs_others_fail_at_once_and_start_no_thread(silent_name_server):
    for _ in range(50):
        with pytest.raises(NameNotFound):
            require_name("many.invalid", 0.05)
    assert silent_name_server == ["many.invalid"]


def test_a_name_without_an_address_is_an_error_of_redis():
    with pytest.raises(RedisError, match=r"nowhere\.invalid"):
        redis_client("redis://nowhere.invalid:6379/0", 30).ping()


def test_the_limiter_counts_by_itself_while_the_look_up_hangs(silent_name_server):
    limiter = RateLimiter("redis://limits.invalid:6379/0")
    standings = [limiter.count(Limit("reads", 3), "ana").remaining for _ in range(4)]
    assert standings == [2, 1, 0, -1]


def test_an_address_needs_no_look_up(silent_name_server):
    require_name("127.0.0.1", 0.05)
    require_name("::1", 0.05)
    assert silent_name_server == []


def test_a_child_that_is_forked_in_the_middle_of_a_look_up_makes_its_own(silent_name_server):
    with pytest.raises(NameNotFound):
        require_name("parent.invalid", 0.05)
    child = os.fork()
    if not child:
        try:
            require_name("parent.invalid", 0.05)
        except NameNotFound:
            os._exit(silent_name_server.count("parent.invalid"))
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 2
