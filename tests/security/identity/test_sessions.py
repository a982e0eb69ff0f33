"""What ends a session ends it at once, everywhere, and whatever Redis says."""

from __future__ import annotations

import http.client
import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest
import redis
from flask import Flask
from sqlalchemy import func, select, text, update

from src.cache import Cache
from src.config import Settings
from src.extensions import db
from src.models import LoginSession
from src.services.sweep import sweep
from tests.conftest import SECRET
from tests.integration.api.server import web_server
from tests.security.identity.conftest import Person, refused
from tests.unmeasured import UNMEASURED


@pytest.fixture
def ana(person: Callable[..., Person]) -> Person:
    return person("ana", "operator")


@pytest.fixture
def redis_(settings: Settings) -> Any:
    assert settings.redis_url
    return redis.Redis.from_url(settings.redis_url)


@pytest.fixture
def without_redis(app: Flask) -> Iterator[None]:
    """Nobody listens where the cache should be."""
    kept = app.extensions["cache"]
    app.extensions["cache"] = Cache("redis://127.0.0.1:1/0", SECRET)
    yield
    app.extensions["cache"] = kept


@pytest.fixture
def hanging_redis(app: Flask, redis_: Any) -> Iterator[Callable[[], None]]:
    """Redis takes connections and says nothing until the function that is given is called."""
    pid = redis_.info("server")["process_id"]
    os.kill(pid, signal.SIGSTOP)
    yield lambda: os.kill(pid, signal.SIGCONT)
    os.kill(pid, signal.SIGCONT)
    app.extensions["cache"]._asked_again_at = 0.0


def age(app: Flask, seconds: int) -> None:
    """Make all sessions older, as far as their last refresh goes."""
    with app.app_context():
        earlier = LoginSession.refreshed_at - text(f"interval '{seconds} seconds'")
        db.session.execute(update(LoginSession).values(refreshed_at=earlier))
        db.session.commit()


def test_a_logout_ends_both_tokens(ana: Person) -> None:
    assert ana.is_in()
    assert ana("POST", "/auth/logout").status_code == 204
    assert not ana.is_in()
    refused(ana.refresh_tokens(), 401, "not-authenticated")


def test_a_logout_leaves_the_other_sessions(ana: Person) -> None:
    first = ana.access
    ana.log_in()
    assert ana("POST", "/auth/logout").status_code == 204
    assert ana.is_in(first)


def test_a_refresh_gives_new_tokens_of_the_same_session(app: Flask, ana: Person) -> None:
    before = ana.access, ana.refresh
    answer = ana.refresh_tokens().get_json()
    assert (ana.access != before[0], ana.refresh != before[1]) == (True, True)
    assert (answer["token_type"], answer["expires_in"], answer["user"]["username"]) == ("Bearer", 3600, "ana")
    assert ana.is_in()
    assert ana.is_in(before[0])  # until it expires: the session goes on
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(LoginSession)) == 1


def test_a_refresh_token_used_again_ends_the_session(app: Flask, ana: Person) -> None:
    """A thief and the owner can't both go on: whoever comes second ends it for both."""
    stolen = ana.refresh
    ana.refresh_tokens()
    age(app, 11)
    assert ana.is_in()
    refused(ana.refresh_tokens(stolen), 401, "not-authenticated")
    assert not ana.is_in()
    refused(ana.refresh_tokens(), 401, "not-authenticated")


def test_an_older_refresh_token_ends_the_session_at_once(ana: Person) -> None:
    """Only the last one may be repeated."""
    oldest = ana.refresh
    ana.refresh_tokens()
    ana.refresh_tokens()
    refused(ana.refresh_tokens(oldest), 401, "not-authenticated")
    assert not ana.is_in()


def test_a_retry_within_seconds_gets_the_answer_that_was_lost(ana: Person) -> None:
    first = ana.refresh
    ana.refresh_tokens()
    successor = ana.refresh
    assert ana.refresh_tokens(first).status_code == 200
    assert ana.refresh == successor
    assert ana.is_in()
    assert ana.refresh_tokens().status_code == 200


def test_refreshes_at_once_with_one_token_all_get_the_same_next_one(ana: Person) -> None:
    token = ana.refresh

    def refresh(_: int) -> tuple[int, str]:
        answer = ana.client.application.test_client().post("/api/v1/auth/refresh", json={"refresh_token": token})
        return answer.status_code, answer.get_json().get("refresh_token")

    with ThreadPoolExecutor(8) as threads:
        answers = set(threads.map(refresh, range(8)))
    assert len(answers) == 1
    ((status, successor),) = answers
    assert (status, successor != token) == (200, True)
    assert ana.refresh_tokens(successor).status_code == 200


def test_older_clients_send_the_refresh_token_as_the_bearer_token(ana: Person) -> None:
    headers = {"Authorization": f"Bearer {ana.refresh}"}
    for more in ({}, {"Content-Type": "application/json"}):
        response = ana.client.post("/v1/auth/refresh", headers={**headers, **more})
        assert response.status_code == 200
        headers = {"Authorization": f"Bearer {response.get_json()['refresh_token']}"}
    refused(ana.client.post("/v1/auth/refresh"), 401, "not-authenticated")


def test_a_session_ends_when_its_time_is_over(app: Flask, ana: Person, redis_: Any) -> None:
    with app.app_context():
        db.session.execute(update(LoginSession).values(expires_at=func.now()))
        db.session.commit()
    redis_.flushdb()  # a copy knows the former end
    assert not ana.is_in()
    refused(ana.refresh_tokens(), 401, "not-authenticated")


def test_the_sweep_removes_sessions_whose_time_is_over(app: Flask, ana: Person) -> None:
    with app.app_context():
        db.session.execute(update(LoginSession).values(expires_at=func.now()))
        db.session.commit()
        ana.log_in()
        sweep()
        assert db.session.scalar(select(func.count()).select_from(LoginSession)) == 1
    assert ana.is_in()


def test_another_password_ends_the_other_sessions_only(ana: Person) -> None:
    other, other_refresh = ana.access, ana.refresh
    ana.log_in()
    assert ana.is_in(other)
    body = {"current_password": ana.password, "new_password": "a better one"}
    assert ana("PUT", "/auth/password", body).status_code == 204
    assert ana.is_in()
    assert ana.refresh_tokens().status_code == 200
    assert not ana.is_in(other)
    refused(ana.refresh_tokens(other_refresh), 401, "not-authenticated")
    assert ana.log_in().status_code == 401
    assert ana.log_in("a better one").status_code == 200


def test_the_present_password_is_needed(ana: Person) -> None:
    body = {"current_password": "not hers", "new_password": "a better one"}
    assert refused(ana("PUT", "/auth/password", body), 422, "invalid-fields")["errors"].keys() == {"current_password"}
    assert ana.log_in().status_code == 200


@pytest.mark.parametrize(
    ("change", "status"),
    [({"disabled": True}, 401), ({"password": "an admin's choice"}, 401), ({"role": "viewer"}, 403)],
)
def test_what_an_admin_changes_holds_for_tokens_that_are_out(
    ana: Person, boss: Person, change: dict[str, Any], status: int
) -> None:
    cliente = {"id": 1, "nome": "Maria"}
    assert ana("POST", "/clientes", cliente).status_code == 201
    assert boss("PATCH", f"/users/{ana.id}", change).status_code == 200
    assert ana("POST", "/clientes", cliente).status_code == status
    assert ana.refresh_tokens().status_code == (401 if status == 401 else 200)


def test_a_new_right_holds_at_once_too(person: Callable[..., Person], boss: Person) -> None:
    viewer = person("vera")
    assert viewer("GET", "/users").status_code == 403
    boss("PATCH", f"/users/{viewer.id}", {"role": "admin"})
    assert viewer("GET", "/users").status_code == 200


def test_a_deleted_user_is_out_at_once(ana: Person, boss: Person) -> None:
    assert ana.is_in()
    assert boss("DELETE", f"/users/{ana.id}").status_code == 204
    assert not ana.is_in()
    refused(ana.refresh_tokens(), 401, "not-authenticated")
    refused(ana.log_in(), 401, "invalid-credentials")


def test_wiping_redis_lets_nobody_back_in_and_nobody_out(ana: Person, redis_: Any) -> None:
    gone = ana.access
    ana("POST", "/auth/logout")
    ana.log_in()
    redis_.flushall()
    assert not ana.is_in(gone)
    assert ana.is_in()


def test_without_redis_everything_works_from_postgres(without_redis: None, ana: Person, boss: Person) -> None:
    assert ana.is_in()
    assert ana.refresh_tokens().status_code == 200
    assert boss("PATCH", f"/users/{ana.id}", {"disabled": True}).status_code == 200
    assert not ana.is_in()


def test_a_copy_that_redis_kept_over_a_logout_it_did_not_hear_of_opens_nothing(
    ana: Person, request: pytest.FixtureRequest
) -> None:
    """Redis hangs with a copy of the session, the logout can't reach it, and it comes back as if nothing had been."""
    assert ana.is_in()
    come_back = request.getfixturevalue("hanging_redis")
    assert ana("POST", "/auth/logout").status_code == 204
    come_back()
    ana.client.application.extensions["cache"]._asked_again_at = 0.0
    assert not ana.is_in()


def test_a_reader_who_was_in_postgres_before_the_logout_keeps_no_copy_after_it(ana: Person, redis_: Any) -> None:
    """The logout's mark is longer there than such a reader's copy could be, and a copy never takes its place."""
    assert ana.is_in()
    (key,) = [found.decode() for found in redis_.keys("caller:*")]
    cache = ana.client.application.extensions["cache"]
    copy = cache.get(key)
    ana("POST", "/auth/logout")
    cache.keep(key, copy, 3)
    assert not ana.is_in()


@pytest.fixture
def other_process(environment: dict[str, str], app: Flask) -> Iterator[Callable[[str], int]]:
    """The status that another process of the service answers to a token."""

    def ask(port: int, token: str) -> int:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        connection.request("GET", "/api/v1/imports", headers={"Authorization": f"Bearer {token}"})
        return connection.getresponse().status

    with web_server(environment, **UNMEASURED) as port:
        yield partial(ask, port)


def test_another_process_that_knows_the_token_refuses_it_at_once(
    other_process: Callable[[str], int], ana: Person, boss: Person
) -> None:
    for end in (
        lambda: ana("POST", "/auth/logout"),
        lambda: boss("PATCH", f"/users/{ana.id}", {"password": "an admin's choice"}),
    ):
        assert [other_process(ana.access) for _ in range(3)] == [200] * 3
        end()
        assert other_process(ana.access) == 401
        ana.log_in()
        ana.password = "an admin's choice"
