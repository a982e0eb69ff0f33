"""Guesses are counted by account and by address, and the owner still gets in."""

from __future__ import annotations

import secrets
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from src.config import Settings
from src.services import known_addresses
from src.services.rate_limiter import RateLimiter
from tests.security.identity.conftest import BASE, Person
from tests.security.test_rate_limits import limiter, refused

__all__ = ["limiter"]
HOME, STRANGER, ELSEWHERE = "192.0.2.1", "198.51.100.7", "203.0.113.9"


@pytest.fixture
def log_in(client: FlaskClient) -> Callable[..., TestResponse]:
    """Log in from an address: `log_in("ana", "her password", HOME)`."""

    def ask(name: str, password: str, address: str, *, field: str = "username") -> TestResponse:
        body = {field: name, "password": password}
        return client.post(f"{BASE}/auth/login", json=body, environ_overrides={"REMOTE_ADDR": address})

    return ask


@pytest.fixture
def ana(make_user: Callable[..., int]) -> int:
    return make_user("ana.kiss", "operator", email="ana@example.com", with_password=True)


PASSWORD = "ana.kiss ana.kiss"

# Postgres's lower() makes one letter of each, and Python's makes others of some: İ, the Kelvin sign, full case, blanks.
SPELLINGS = [
    "ana.kiss",
    "ANA.KISS",
    "ana.kİss",
    "ANA.KİSS",
    "ana.\u212aiss",
    "  Ana.Kiss ",
    "ana@example.com",
    "ANA@EXAMPLE.COM",
]


def test_one_account_has_one_count_however_its_name_or_e_mail_is_written(
    ana: int, log_in: Callable[..., TestResponse], app_with: Callable[..., Flask]
) -> None:
    app_with(rate_limit_logins_by_name=3)
    answers = [
        log_in(spelling, "a guess", f"192.0.2.{number}", field=("email" if "@" in spelling else "username"))
        for number, spelling in enumerate(SPELLINGS)
    ]
    # Each is either this account, and then one of three guesses, or nobody, and then no guess at it.
    assert [answer.status_code for answer in answers[:2]] == [401, 401]
    refused(log_in("ana@example.com", PASSWORD, ELSEWHERE, field="email"))
    refused(log_in("ana.kiss", PASSWORD, ELSEWHERE))


@pytest.mark.parametrize("letter", ["i", "I", "İ", "ı", "k", "\u212a", "ß", "ẞ", "ſ", "s"])
def test_no_spelling_that_finds_the_account_has_a_count_of_its_own(
    letter: str,
    make_user: Callable[..., int],
    log_in: Callable[..., TestResponse],
    app_with: Callable[..., Flask],
) -> None:
    """Tried with every letter that folds to another in some alphabet: what lets in is what is counted."""
    for plain in ("i", "k", "ss", "s", "ß"):
        make_user(f"x{plain}y", "viewer", with_password=True)
    opened = [
        plain
        for plain in ("i", "k", "ss", "s", "ß")
        if log_in(f"x{letter}y", f"x{plain}y x{plain}y", HOME).status_code == 200
    ]
    app_with(rate_limit_logins_by_name=1)
    for plain in opened:
        log_in(f"x{letter}y", "a guess", STRANGER)
        refused(log_in(f"x{plain}y", "a guess", STRANGER))


def test_a_name_that_a_stranger_has_locked_lets_its_owner_in_from_where_they_were_before(
    ana: int, log_in: Callable[..., TestResponse], app_with: Callable[..., Flask]
) -> None:
    app_with(rate_limit_logins_by_name=3)
    assert log_in("ana.kiss", PASSWORD, HOME).status_code == 200
    guesses = [log_in("ana.kiss", "a guess", STRANGER) for _ in range(3)]
    assert [answer.status_code for answer in guesses] == [401, 401, 429]  # the owner's own first login counts
    refused(log_in("ana.kiss", PASSWORD, ELSEWHERE))
    assert log_in("ana.kiss", PASSWORD, HOME).status_code == 200
    assert log_in("ana@example.com", PASSWORD, HOME, field="email").status_code == 200


def test_from_where_they_were_before_there_are_no_more_guesses_than_from_elsewhere(
    ana: int, log_in: Callable[..., TestResponse], app_with: Callable[..., Flask]
) -> None:
    assert log_in("ana.kiss", PASSWORD, HOME).status_code == 200
    app_with(rate_limit_logins_by_name=2)
    assert [log_in("ana.kiss", "a guess", HOME).status_code for _ in range(3)] == [401, 401, 429]
    assert log_in("ana.kiss", "a guess", STRANGER).status_code == 401


def test_a_wrong_guess_makes_no_address_known(
    ana: int, log_in: Callable[..., TestResponse], app_with: Callable[..., Flask]
) -> None:
    app_with(rate_limit_logins_by_name=1)
    assert log_in("ana.kiss", "a guess", STRANGER).status_code == 401
    refused(log_in("ana.kiss", "a guess", STRANGER))
    refused(log_in("ana.kiss", "a guess", ELSEWHERE))


def test_another_account_s_address_is_not_this_account_s(
    ana: int, make_user: Callable[..., int], log_in: Callable[..., TestResponse], app_with: Callable[..., Flask]
) -> None:
    make_user("bia", "viewer", with_password=True)
    app_with(rate_limit_logins_by_name=1)
    assert log_in("bia", "bia bia", STRANGER).status_code == 200
    assert log_in("ana.kiss", "a guess", ELSEWHERE).status_code == 401
    refused(log_in("ana.kiss", "a guess", STRANGER))


def test_only_the_latest_addresses_are_known_and_none_for_ever(
    app: Flask, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with app.app_context():
        for number in range(12):
            known_addresses.remember("user 1", f"192.0.2.{number}")
        known = [number for number in range(12) if known_addresses.is_known("user 1", f"192.0.2.{number}")]
        assert known == list(range(4, 12))
        assert 0 < app.extensions["cache"]._redis.ttl("known:v1:user 1") <= 30 * 24 * 3600
        later = known_addresses.time.time() + known_addresses.KEPT_SECONDS + 1
        monkeypatch.setattr(known_addresses.time, "time", lambda: later)
        assert not known_addresses.is_known("user 1", "192.0.2.11")


@pytest.fixture
def key(person: Callable[..., Person]) -> str:
    """A good API key."""
    return person("boss", "admin")("POST", "/api-keys", {"name": "nightly export"}).get_json()["key"]


@pytest.fixture
def ask(client: FlaskClient) -> Callable[[str, str], TestResponse]:
    return lambda key, address: client.get(
        f"{BASE}/imports", headers={"X-API-Key": key}, environ_overrides={"REMOTE_ADDR": address}
    )


def wrong() -> str:
    return "indicators_" + secrets.token_urlsafe(32)


def test_wrong_api_keys_are_limited_by_address(
    key: str, ask: Callable[[str, str], TestResponse], app_with: Callable[..., Flask]
) -> None:
    app_with(rate_limit_logins_by_address=3)
    assert [ask(wrong(), STRANGER).status_code for _ in range(4)] == [401, 401, 401, 429]
    refused(ask(wrong(), STRANGER))
    assert ask(wrong(), ELSEWHERE).status_code == 401
    # Not looked up any more, whether it is good or not.
    refused(ask(key, STRANGER))
    assert ask(key, ELSEWHERE).status_code == 200


def test_good_keys_are_not_counted_and_go_on_beside_a_neighbour_s_wrong_ones(
    key: str, ask: Callable[[str, str], TestResponse], app_with: Callable[..., Flask]
) -> None:
    app_with(rate_limit_logins_by_address=3)
    assert [ask(key, HOME).status_code for _ in range(10)] == [200] * 10
    assert [ask(wrong(), HOME).status_code for _ in range(5)] == [401, 401, 401, 429, 429]
    assert ask(key, HOME).status_code == 200


def test_wrong_keys_and_logins_are_counted_apart(
    ana: int,
    log_in: Callable[..., TestResponse],
    ask: Callable[[str, str], TestResponse],
    app_with: Callable[..., Flask],
) -> None:
    app_with(rate_limit_logins_by_address=1)
    assert ask(wrong(), HOME).status_code == 401
    assert log_in("ana.kiss", PASSWORD, HOME).status_code == 200


def test_whoever_resets_the_counters_in_redis_gains_one_limit_for_each_process_and_no_more(
    app: Flask, ana: int, log_in: Callable[..., TestResponse], app_with: Callable[..., Flask], settings: Settings
) -> None:
    app_with(rate_limit_logins_by_name=3)
    redis_ = app.extensions["cache"]._redis
    answers = []
    for number in range(6):
        answers.append(log_in("ana.kiss", "a guess", f"192.0.2.{number}").status_code)
        for counter in redis_.scan_iter("rate:*"):
            redis_.set(counter, -1_000_000)
    assert answers == [401, 401, 401, 429, 429, 429]
    # Another process, which has given nothing yet, has its own limit.
    app.extensions["rate_limiter"] = RateLimiter(settings.redis_url)
    assert log_in("ana.kiss", "a guess", HOME).status_code == 401
