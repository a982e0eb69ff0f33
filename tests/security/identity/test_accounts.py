"""Registering, passwords, and what answers tell of who has an account."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from src.extensions import db
from src.models import User
from src.services import passwords
from tests.security.identity.conftest import BASE, Person, refused

ANA = {"username": "ana.souza", "email": "ana@example.com", "password": "four words of mine"}


@pytest.fixture
def opened(app_with: Callable[..., Flask]) -> FlaskClient:
    """A client of a service where anyone may register."""
    return app_with(open_registration=True).test_client()


class Counting(PasswordHasher):
    """Counts what takes time."""

    counted = 0

    def verify(self, hash: str | bytes, password: str | bytes) -> Any:
        self.counted += 1
        return super().verify(hash, password)

    def hash(self, password: str | bytes, *, salt: bytes | None = None) -> str:
        self.counted += 1
        return super().hash(password, salt=salt)


@pytest.fixture
def hasher(monkeypatch: pytest.MonkeyPatch) -> Counting:
    counting = Counting(time_cost=2, memory_cost=19456, parallelism=1)
    monkeypatch.setattr(passwords, "HASHER", counting)
    return counting


def test_registration_is_closed_unless_it_is_opened(client: FlaskClient) -> None:
    refused(client.post(f"{BASE}/auth/register", json=ANA), 403, "registration-closed")


@pytest.mark.parametrize("prefix", ["/api/v1", "/v1"])
def test_who_registers_is_a_viewer_and_can_log_in(opened: FlaskClient, prefix: str) -> None:
    response = opened.post(f"{prefix}/auth/register", json=ANA)
    assert response.status_code == 201
    user = {"id": 1, "username": "ana.souza", "email": "ana@example.com", "role": "viewer"}
    assert response.get_json() == user
    for name in ({"username": "ANA.souza"}, {"email": "Ana@Example.com"}):
        answer = opened.post(f"{prefix}/auth/login", json={**name, "password": ANA["password"]})
        assert answer.get_json()["user"] == user


@pytest.mark.parametrize(
    ("change", "slug", "field"),
    [
        ({"email": "other@example.com"}, "duplicate-username", "username"),
        ({"username": "ANA.SOUZA", "email": "other@example.com"}, "duplicate-username", "username"),
        ({"username": "other"}, "duplicate-email", "email"),
        ({"username": "other", "email": "ANA@example.com"}, "duplicate-email", "email"),
    ],
)
def test_what_is_taken_is_a_conflict(opened: FlaskClient, change: dict[str, str], slug: str, field: str) -> None:
    opened.post(f"{BASE}/auth/register", json=ANA)
    found = refused(opened.post(f"{BASE}/auth/register", json={**ANA, **change}), 409, slug)
    assert list(found["errors"]) == [field]


@pytest.mark.parametrize(
    "extra",
    [
        {"role": "admin"},
        {"id": 1},
        {"password_hash": "x"},
        {"disabled": False},
        {"deleted_at": None},
        {"is_admin": True},
        {"created_at": "2020-01-01"},
        {"user": {"role": "admin"}},
        {"__class__": "x"},
    ],
)
def test_nobody_gives_himself_more_than_is_asked_for(opened: FlaskClient, app: Flask, extra: dict[str, Any]) -> None:
    """Mass assignment: what is not asked for is refused by name, and nothing is done."""
    found = refused(opened.post(f"{BASE}/auth/register", json={**ANA, **extra}), 422, "invalid-arguments")
    assert list(found["errors"]) == list(extra)
    with app.app_context():
        assert db.session.scalars(select(User.id)).all() == []


@pytest.mark.parametrize(
    "extra", [{"id": 7}, {"password_hash": "x"}, {"deleted_at": None}, {"created_at": "2020-01-01"}]
)
def test_not_even_an_admin_sets_what_is_the_service_s_own(boss: Person, extra: dict[str, Any]) -> None:
    for method, path in (("POST", "/users"), ("PATCH", f"/users/{boss.id}")):
        body = {"username": "new", "password": "four words of mine", **extra}
        assert next(iter(extra)) in refused(boss(method, path, body), 422, "invalid-arguments")["errors"]


@pytest.mark.parametrize("disabled", [0, 1, "no", "true", None])
def test_only_true_and_false_say_whether_a_user_is_kept_out(boss: Person, disabled: Any) -> None:
    found = refused(boss("PATCH", f"/users/{boss.id}", {"disabled": disabled}), 422, "invalid-arguments")
    assert list(found["errors"]) == ["disabled"]


@pytest.mark.parametrize("username", ["", " ", "a b", "a@b.c", "-x", "x" * 65, "a\0", "<b>", "a/b", "ana\u202e", "a\n"])
def test_a_username_is_plain_and_never_an_e_mail(opened: FlaskClient, username: str) -> None:
    """Else somebody takes another's e-mail for a username, and the other can't log in by it any more."""
    response = opened.post(f"{BASE}/auth/register", json={**ANA, "username": username})
    if username == "a\n":
        assert response.get_json()["username"] == "a"
    else:
        assert "username" in refused(response, 422, "invalid-arguments")["errors"]


@pytest.mark.parametrize(
    ("password", "sentence"),
    [
        ("short", "A password must have 8 to 128 characters."),
        ("abc123", "A password must have 8 to 128 characters."),  # older clients took six
        ("x" * 129, "A password must have 8 to 128 characters."),
        ("aaaaaaaaaaaa", "A password must have at least three different characters."),
        ("ANA.souza", "A password must not be the username or the e-mail."),
        ("ana@example.com", "A password must not be the username or the e-mail."),
    ],
)
def test_an_easy_password_is_refused_with_a_sentence(opened: FlaskClient, password: str, sentence: str) -> None:
    found = refused(opened.post(f"{BASE}/auth/register", json={**ANA, "password": password}), 422, "invalid-fields")
    assert found["errors"] == {"password": [sentence]}


@pytest.mark.parametrize(
    "password", ["12345678"[:7] + "ç", "senha boa é essa", "日本語のパスワード", "x y z 1" + "é" * 121]
)
def test_any_other_is_taken_whatever_its_characters(opened: FlaskClient, password: str) -> None:
    assert opened.post(f"{BASE}/auth/register", json={**ANA, "password": password}).status_code == 201
    login = {"username": "ana.souza", "password": password}
    assert opened.post(f"{BASE}/auth/login", json=login).status_code == 200


def test_an_accent_is_the_same_on_every_keyboard(opened: FlaskClient) -> None:
    opened.post(f"{BASE}/auth/register", json={**ANA, "password": "ma\u00e7\u00e3 verde"})
    login = {"username": "ana.souza", "password": "mac\u0327a\u0303 verde"}
    assert opened.post(f"{BASE}/auth/login", json=login).status_code == 200


def test_the_same_policy_holds_for_one_s_own_new_password(person: Callable[..., Person]) -> None:
    ana = person("ana.souza")
    body = {"current_password": ana.password, "new_password": "Ana.Souza"}
    assert "new_password" in refused(ana("PUT", "/auth/password", body), 422, "invalid-fields")["errors"]


def test_the_same_work_is_done_for_known_and_unknown_names(
    client: FlaskClient, person: Callable[..., Person], boss: Person, hasher: Counting
) -> None:
    """Equal answers and equal costs: who has an account is told neither by words nor by the clock."""
    disabled = person("dora")
    boss("PATCH", f"/users/{disabled.id}", {"disabled": True})
    gone = person("gone")
    boss("DELETE", f"/users/{gone.id}")
    known = person("ana").name
    answers = []
    for name, password in (
        (known, "wrong"),
        ("nobody", "wrong"),
        ("nobody@example.com", "wrong"),
        ("dora", disabled.password),
        ("dora", "wrong"),
        ("gone", gone.password),
    ):
        before = hasher.counted
        answer = refused(
            client.post(f"{BASE}/auth/login", json={"username": name, "password": password}), 401, "invalid-credentials"
        )
        answers.append(({**answer, "request_id": None}, hasher.counted - before))
    assert answers == [(answers[0][0], 1)] * 6


def test_a_login_renews_a_hash_of_older_parameters(
    app: Flask, client: FlaskClient, make_user: Callable[..., int]
) -> None:
    user_id = make_user("ana", "viewer")
    old = PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1)

    def stored() -> str:
        with app.app_context():
            return db.session.scalars(select(User.password_hash).where(User.id == user_id)).one()

    with app.app_context():
        db.session.execute(update(User).values(password_hash=old.hash("four words")))
        db.session.commit()
    before, login = stored(), {"username": "ana", "password": "four words"}
    assert client.post(f"{BASE}/auth/login", json={**login, "password": "wrong"}).status_code == 401
    assert stored() == before
    assert client.post(f"{BASE}/auth/login", json=login).status_code == 200
    renewed = stored()
    assert not passwords.is_outdated(renewed)
    assert client.post(f"{BASE}/auth/login", json=login).status_code == 200
    assert stored() == renewed


def test_two_logins_at_once_with_an_outdated_hash_both_succeed(app: Flask, make_user: Callable[..., int]) -> None:
    from concurrent.futures import ThreadPoolExecutor

    make_user("ana", "viewer")
    old = PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1)
    with app.app_context():
        db.session.execute(update(User).values(password_hash=old.hash("four words")))
        db.session.commit()

    def log_in(_: int) -> int:
        body = {"username": "ana", "password": "four words"}
        return app.test_client().post(f"{BASE}/auth/login", json=body).status_code

    with ThreadPoolExecutor(6) as threads:
        assert list(threads.map(log_in, range(6))) == [200] * 6


def test_me_is_who_asks(person: Callable[..., Person]) -> None:
    ana = person("ana", "operator", "ana@example.com")
    own = {"id": ana.id, "username": "ana", "email": "ana@example.com", "role": "operator"}
    assert ana("GET", "/auth/me").get_json() == own


def test_no_answer_has_a_password_or_its_hash(boss: Person, opened: FlaskClient) -> None:
    body = {"username": "new", "password": "four words of mine", "role": "viewer"}
    answers = [
        boss("POST", "/users", body),
        boss("GET", "/users"),
        boss("GET", "/users?format=csv"),
        boss("GET", f"/users/{boss.id}"),
        boss("GET", "/auth/me"),
        boss.log_in(),
        opened.post(f"{BASE}/auth/register", json=ANA),
        opened.post(f"{BASE}/auth/register", json={**ANA, "username": "x y"}),
    ]
    for answer in answers:
        assert "argon2" not in answer.text
        assert "password_hash" not in answer.text
        assert "four words" not in answer.text
