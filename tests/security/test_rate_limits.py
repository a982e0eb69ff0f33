"""Who asks too often is told when to come back; who asks a lot is not."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest
import redis
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from src.config import Settings
from src.services.rate_limiter import AWAY_SECONDS, Limit, RateLimiter

NOBODY = "redis://127.0.0.1:1/0"
LOGIN = "/api/v1/auth/login"
WRONG = {"username": "nobody", "password": "wrong"}
# Small ones are counted one by one.
SMALL = Limit("reads", 3)


@pytest.fixture(autouse=True)
def limiter(app: Flask, settings: Settings) -> Iterator[None]:
    """A counter of the test's own, at the start of a minute that the test will not outlive."""
    kept = app.extensions["rate_limiter"]
    app.extensions["rate_limiter"] = RateLimiter(settings.redis_url)
    if (second := time.time() % 60) > 40:
        time.sleep(60 - second)
    yield
    app.extensions["rate_limiter"] = kept


def told(response: TestResponse) -> tuple[int, int]:
    """Return the limit and what is left of it, which all the headers must agree about."""
    name, _, quota = response.headers["RateLimit-Policy"].partition(";")
    policy = dict(item.split("=") for item in quota.split(";"))
    now = dict(item.split("=") for item in response.headers["RateLimit"].removeprefix(name + ";").split(";"))
    assert policy["w"] == "60"
    assert 0 < int(now["t"]) <= 60
    assert response.headers["RateLimit-Limit"] == policy["q"]
    assert response.headers["RateLimit-Remaining"] == now["r"]
    assert response.headers["RateLimit-Reset"] == now["t"]
    return int(policy["q"]), int(now["r"])


def refused(response: TestResponse) -> None:
    assert response.status_code == 429
    assert response.mimetype == "application/problem+json"
    assert response.get_json()["type"] == "urn:problem-type:too-many-requests"
    assert response.headers["Retry-After"] == response.headers["RateLimit-Reset"]
    assert told(response)[1] == 0


def test_reads_are_counted_and_refused_past_the_limit(
    client: FlaskClient, auth_headers: dict[str, str], app_with: Callable[..., Flask]
) -> None:
    app_with(rate_limit_reads=3)
    answers = [client.get("/api/v1/imports", headers=auth_headers) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert [told(answer) for answer in answers] == [(3, 2), (3, 1), (3, 0), (3, 0)]
    refused(answers[3])


def test_writes_and_uploads_have_limits_of_their_own(
    client: FlaskClient, auth_headers: dict[str, str], app_with: Callable[..., Flask]
) -> None:
    app_with(rate_limit_reads=1, rate_limit_writes=1, rate_limit_uploads=1)

    def write(number: int) -> TestResponse:
        return client.post("/api/v1/angels", json={"nome": f"Ana {number}"}, headers=auth_headers)

    def upload(number: int) -> TestResponse:
        headers = {**auth_headers, "Content-Type": "text/csv"}
        return client.post("/api/v1/imports", data=b"a;b\n%d;2\n" % number, headers=headers)

    assert client.get("/api/v1/imports", headers=auth_headers).status_code == 200
    assert write(1).status_code == 201
    assert upload(1).status_code == 202
    for response in (client.get("/api/v1/angels", headers=auth_headers), write(2), upload(2)):
        refused(response)
    assert {told(write(3))[0], told(upload(3))[0]} == {1}


def test_each_caller_is_counted_apart(
    client: FlaskClient, headers_for: Callable[[str], dict[str, str]], app_with: Callable[..., Flask]
) -> None:
    app_with(rate_limit_reads=1)
    first, second = headers_for("viewer"), headers_for("operator")
    assert client.get("/api/v1/imports", headers=first).status_code == 200
    refused(client.get("/api/v1/imports", headers=first))
    assert client.get("/api/v1/imports", headers=second).status_code == 200


def test_logins_are_limited_by_address(client: FlaskClient, app_with: Callable[..., Flask]) -> None:
    app_with(rate_limit_logins_by_address=3)

    def log_in(number: int, address: str) -> TestResponse:
        body = {"username": f"nobody {number}", "password": "wrong"}
        return client.post(LOGIN, json=body, environ_overrides={"REMOTE_ADDR": address})

    assert [log_in(number, "192.0.2.1").status_code for number in range(4)] == [401, 401, 401, 429]
    refused(log_in(4, "192.0.2.1"))
    assert log_in(5, "192.0.2.2").status_code == 401


def test_one_subscriber_s_ipv6_addresses_are_one(client: FlaskClient, app_with: Callable[..., Flask]) -> None:
    app_with(rate_limit_logins_by_address=1)

    def log_in(address: str) -> int:
        return client.post(LOGIN, json=WRONG, environ_overrides={"REMOTE_ADDR": address}).status_code

    assert [log_in("2001:db8:1:2::1"), log_in("2001:db8:1:2:3:4:5:6"), log_in("2001:db8:1:3::1")] == [401, 429, 401]
    assert [log_in("192.0.2.7"), log_in("::ffff:192.0.2.7")] == [401, 429]


def test_logins_are_limited_by_name_however_it_is_written_and_wherever_they_come_from(
    client: FlaskClient, app_with: Callable[..., Flask]
) -> None:
    app_with(rate_limit_logins_by_name=2)

    def log_in(name: str, address: str) -> TestResponse:
        body = {"username": name, "password": "wrong"}
        return client.post(LOGIN, json=body, environ_overrides={"REMOTE_ADDR": address})

    assert log_in("ana", "192.0.2.1").status_code == 401
    assert log_in("ANA", "192.0.2.2").status_code == 401
    refused(log_in(" Ana ", "192.0.2.3"))
    assert log_in("bia", "192.0.2.3").status_code == 401


def test_the_older_address_of_the_login_is_no_way_round(client: FlaskClient, app_with: Callable[..., Flask]) -> None:
    app_with(rate_limit_logins_by_name=1)
    assert client.post(LOGIN, json=WRONG).status_code == 401
    refused(client.post("/v1/auth/login", json=WRONG))


def test_who_has_found_a_token_does_not_try_passwords_with_it(
    client: FlaskClient, auth_headers: dict[str, str], app_with: Callable[..., Flask]
) -> None:
    app_with(rate_limit_logins_by_name=2)
    body = {"current_password": "a guess", "new_password": "four words of mine"}
    answers = [client.put("/api/v1/auth/password", json=body, headers=auth_headers) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [422, 422, 429]
    refused(answers[2])


@pytest.mark.parametrize("path", ["/health/live", "/docs", "/openapi.json"])
def test_what_is_open_is_not_limited(client: FlaskClient, app_with: Callable[..., Flask], path: str) -> None:
    app_with(rate_limit_reads=1, rate_limit_logins_by_address=1)
    for _ in range(5):
        response = client.get(path, follow_redirects=True)
        assert response.status_code == 200
        assert "RateLimit" not in response.headers


def test_a_script_that_reads_every_page_as_fast_as_it_can_meets_no_limit(
    client: FlaskClient, auth_headers: dict[str, str]
) -> None:
    for _ in range(500):
        response = client.get("/api/v1/angels", headers=auth_headers)
        assert response.status_code == 200
    limit, left = told(response)
    # At the speed of the fastest loop over a socket, 1,000 a second, a minute would end before the limit does.
    assert limit >= 2 * 60 * 1000
    assert left >= limit - 500


def test_all_processes_count_together(settings: Settings) -> None:
    one, other = RateLimiter(settings.redis_url), RateLimiter(settings.redis_url)
    left = [one.count(SMALL, "1"), other.count(SMALL, "1"), one.count(SMALL, "1"), other.count(SMALL, "1")]
    assert [standing.remaining for standing in left] == [2, 1, 0, -1]


def test_a_share_is_taken_by_one_trip_and_never_more_is_given_than_there_is(settings: Settings) -> None:
    limit = Limit("reads", 10_000)
    one, other = RateLimiter(settings.redis_url), RateLimiter(settings.redis_url)
    assert settings.redis_url
    with redis.Redis.from_url(settings.redis_url) as server:
        before = server.info("commandstats").get("cmdstat_incrby", {}).get("calls", 0)
        given = sum(limiter.count(limit, "1").remaining >= 0 for _ in range(6_000) for limiter in (one, other))
        trips = server.info("commandstats")["cmdstat_incrby"]["calls"] - before
    assert given == 10_000
    # A thousandth at a time, and once in vain for each.
    assert trips <= 1_002


def test_a_new_minute_begins_anew(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    limiter = RateLimiter(settings.redis_url)
    now = 60.0 * 1_000_000
    monkeypatch.setattr(time, "time", lambda: now + 59)
    assert [limiter.count(SMALL, "1").remaining for _ in range(4)] == [2, 1, 0, -1]
    assert limiter.count(SMALL, "1").reset == 1
    monkeypatch.setattr(time, "time", lambda: now + 60)
    assert limiter.count(SMALL, "1").remaining == 2


def test_the_counters_go_away_by_themselves(settings: Settings) -> None:
    RateLimiter(settings.redis_url).count(SMALL, "a name\nof " + "any length" * 1000)
    assert settings.redis_url
    with redis.Redis.from_url(settings.redis_url) as server:
        keys = list(server.scan_iter("rate:*"))
        assert len(keys) == 1
        assert len(keys[0]) < 80
        assert 0 < server.ttl(keys[0]) <= 120


def test_without_redis_reads_go_on_and_logins_stay_limited(
    app: Flask, client: FlaskClient, auth_headers: dict[str, str], app_with: Callable[..., Flask]
) -> None:
    app.extensions["rate_limiter"] = RateLimiter(NOBODY)
    app_with(rate_limit_logins_by_name=3)
    for _ in range(20):
        assert client.get("/api/v1/angels", headers=auth_headers).status_code == 200
    answers = [client.post(LOGIN, json=WRONG) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [401, 401, 401, 429]
    refused(answers[3])


def test_a_redis_that_is_away_is_asked_once_and_not_for_each_request(monkeypatch: pytest.MonkeyPatch) -> None:
    limiter = RateLimiter(NOBODY)
    asked = []
    assert limiter._redis
    connect = limiter._redis.connection_pool.get_connection

    def counted(*arguments: str) -> object:
        asked.append(1)
        return connect(*arguments)

    monkeypatch.setattr(limiter._redis.connection_pool, "get_connection", counted)
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now)
    assert [limiter.count(SMALL, str(number)).remaining for number in range(100)] == [2] * 100
    assert len(asked) == 1
    now += AWAY_SECONDS + 0.1
    limiter.count(SMALL, "another")
    assert len(asked) == 2


def test_a_redis_that_comes_back_counts_again(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    limiter = RateLimiter(NOBODY)
    assert limiter.count(SMALL, "1").remaining == 2
    back = RateLimiter(settings.redis_url)
    monkeypatch.setattr(limiter, "_redis", back._redis)
    monkeypatch.setattr(limiter, "_away_until", 0.0)
    # What this process has given meanwhile is not forgotten; Redis counts from the first that it is told of.
    assert limiter.count(SMALL, "1").remaining == 1
    assert back.count(SMALL, "1").remaining == 1


def test_a_redis_url_that_is_none_refuses_the_start(environment: dict[str, str]) -> None:
    from src.config import ConfigurationError, load_settings

    for url in ("http://localhost", "redis://localhost:port/0", "localhost"):
        with pytest.raises(ConfigurationError, match="REDIS_URL"):
            load_settings({**environment, "REDIS_URL": url})
