"""Whoever can write to Redis is not an admin because of it, and runs nothing of theirs."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import orjson
import pytest
from flask import Flask
from flask.testing import FlaskClient

from src.cache import Cache
from src.config import Settings
from src.services import callers, worker_pulse
from tests.conftest import SECRET

PATH = "/api/v1/users"


@pytest.fixture
def redis_(app: Flask) -> Any:
    return app.extensions["cache"]._redis


def forget_moments() -> None:
    callers._moments.clear()


@pytest.fixture
def viewer(client: FlaskClient, headers_for: Callable[[str], dict[str, str]], redis_: Any) -> dict[str, str]:
    """The headers of a viewer, of whose session there is a copy in Redis."""
    headers = headers_for("viewer")
    forget_moments()
    assert client.get("/api/v1/angels", headers=headers).status_code == 200
    assert len(copies(redis_)) == 1
    return headers


def copies(redis_: Any) -> list[bytes]:
    return sorted(redis_.scan_iter("caller:*"))


def test_a_copy_that_a_stranger_writes_is_not_read(client: FlaskClient, viewer: dict[str, str], redis_: Any) -> None:
    """With the shape of ours and any signature, none, or one of another key."""
    (key,) = copies(redis_)
    signed = redis_.get(key)
    caller = orjson.loads(signed[40:])
    assert "viewer" in caller
    forged = orjson.dumps(["admin" if value == "viewer" else value for value in caller])
    other = Cache(None, "another secret, which is as long as ours")._sealed(key.decode(), forged, 60)
    for copy in (forged, signed[:40] + forged, bytes(40) + forged, other, b"", b"x", signed[:39], b"ask"):
        redis_.set(key, copy)
        forget_moments()
        assert client.get(PATH, headers=viewer).status_code == 403, copy
        assert client.get("/api/v1/angels", headers=viewer).status_code == 200, copy


def test_an_admin_s_copy_is_none_under_another_key(
    client: FlaskClient, viewer: dict[str, str], headers_for: Callable[[str], dict[str, str]], redis_: Any
) -> None:
    (own,) = copies(redis_)
    assert client.get(PATH, headers=headers_for("admin")).status_code == 200
    (other,) = set(copies(redis_)) - {own}
    redis_.set(own, redis_.get(other))
    forget_moments()
    assert client.get(PATH, headers=viewer).status_code == 403


def test_a_copy_that_is_put_back_after_its_time_is_none(
    app: Flask, client: FlaskClient, make_user: Callable[..., int], headers_of: Any, auth_headers: Any, redis_: Any
) -> None:
    """Nor is it good beyond its few seconds for whoever was an admin when it was made."""
    user_id = make_user("eva", "admin")
    headers = headers_of(user_id)
    forget_moments()
    assert client.get(PATH, headers=headers).status_code == 200
    kept = {key: redis_.get(key) for key in copies(redis_)}
    changed = client.patch(f"{PATH}/{user_id}", json={"role": "viewer"}, headers=auth_headers)
    assert changed.status_code == 200
    ends = time.monotonic() + callers.COPY_SECONDS
    while time.monotonic() < ends:
        time.sleep(0.1)
    for key, copy in kept.items():
        redis_.set(key, copy)
    forget_moments()
    assert client.get(PATH, headers=headers).status_code == 403


def test_what_is_no_text_at_all_is_no_copy(
    client: FlaskClient, viewer: dict[str, str], redis_: Any, app: Flask
) -> None:
    (key,) = copies(redis_)
    redis_.delete(key)
    redis_.lpush(key, "a list")
    forget_moments()
    assert client.get("/api/v1/angels", headers=viewer).status_code == 200
    app.extensions["cache"]._asked_again_at = 0.0


def test_no_address_is_known_because_a_stranger_says_so(app: Flask, redis_: Any) -> None:
    from src.services import known_addresses

    with app.app_context():
        redis_.set("known:v1:user 1", orjson.dumps({"192.0.2.1": time.time()}))
        assert not known_addresses.is_known("user 1", "192.0.2.1")
        known_addresses.remember("user 1", "192.0.2.1")
        assert known_addresses.is_known("user 1", "192.0.2.1")
        redis_.set("known:v1:user 2", redis_.get("known:v1:user 1"))
        assert not known_addresses.is_known("user 2", "192.0.2.1")


def test_a_copy_says_itself_when_it_ends(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = Cache(settings.redis_url, SECRET)
    cache.keep("a", b"first", 60)
    assert cache.get("a") == b"first"
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 61)
    assert cache.get("a") is None


def test_another_signing_key_reads_nothing_and_lets_nothing_be_kept_over_it(settings: Settings) -> None:
    """While JWT_SECRET_KEY is being replaced, processes with either key read Postgres where the other has written."""
    one, other = (Cache(settings.redis_url, secret) for secret in (SECRET, SECRET[::-1]))
    assert one.replace(["a"], b"ask", 60)
    assert other.get("a") is None
    other.keep("a", b"what was true before", 60)
    assert one.get("a") == b"ask"


@pytest.mark.parametrize("sign", [b"", b"x", b"nan", b"inf", b"-1", b"1e400", b"9" * 5000, b"\xff"])
def test_what_is_no_worker_s_sign_of_life_is_none(app: Flask, redis_: Any, sign: bytes) -> None:
    with app.app_context():
        redis_.set(worker_pulse.TAKEN_AT, sign)
        assert worker_pulse.seconds_of_silence() is None
        worker_pulse.leave_sign()
        assert (worker_pulse.seconds_of_silence() or 0) < 60
