"""Users, as admins manage them."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from src.extensions import db
from src.models import Idempotency, Import, User
from src.services.once import Request
from src.services.passwords import fingerprint_of
from tests.security.identity.conftest import BASE, Person, refused

NEW = {"username": "bia.lima", "email": "bia@example.com", "password": "four words of mine"}


def cursor(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode()


def test_the_life_of_a_user(boss: Person, client: FlaskClient) -> None:
    created = boss("POST", "/users", {**NEW, "role": "operator"})
    assert created.status_code == 201
    user = created.get_json()
    assert {name: user[name] for name in ("id", "username", "email", "role", "disabled")} == {
        "id": 2,
        "username": "bia.lima",
        "email": "bia@example.com",
        "role": "operator",
        "disabled": False,
    }
    own = "/users/2"
    assert created.headers["Location"] == f"http://localhost{BASE}{own}"
    shown = boss("GET", own)
    assert (shown.get_json(), shown.headers["ETag"]) == (user, created.headers["ETag"])
    changed = boss("PATCH", own, {"email": None, "role": "viewer"}).get_json()
    assert (changed["email"], changed["role"], changed["username"]) == (None, "viewer", "bia.lima")
    login = {"username": "bia.lima", "password": NEW["password"]}
    assert client.post(f"{BASE}/auth/login", json=login).status_code == 200
    assert boss("DELETE", own).status_code == 204
    for method in ("GET", "PATCH", "DELETE"):
        refused(boss(method, own, {} if method == "PATCH" else None), 404, "user-not-found")
    assert client.post(f"{BASE}/auth/login", json=login).status_code == 401


def test_conditions_hold_as_for_every_record(boss: Person) -> None:
    url, token = f"{BASE}/users/{boss.id}", {"Authorization": f"Bearer {boss.access}"}
    tag = boss("GET", f"/users/{boss.id}").headers["ETag"]
    assert boss.client.get(url, headers={**token, "If-None-Match": tag}).status_code == 304
    for method in ("PATCH", "DELETE"):
        stale = {**token, "If-Match": '"stale"'}
        refused(boss.client.open(url, method=method, json={"email": "a@b.co"}, headers=stale), 412, "record-changed")
    fresh = boss.client.patch(url, json={"email": "a@b.co"}, headers={**token, "If-Match": tag})
    assert fresh.get_json()["email"] == "a@b.co"


def test_the_list_is_filtered_ordered_and_paged(boss: Person, make_user: Callable[..., int]) -> None:
    for name in ("dora", "ana", "caio"):
        make_user(name, "viewer", email=f"{name}@example.com")
    make_user("zeca", "operator")

    def names(query: str) -> list[str]:
        return [user["username"] for user in boss("GET", f"/users?{query}").get_json()["data"]]

    assert names("order_by=username") == ["ana", "boss", "caio", "dora", "zeca"]
    assert names("role=viewer&order_by=-username") == ["dora", "caio", "ana"]
    assert names("username=ANA") == names("email=Ana@example.com") == ["ana"]
    assert names("disabled=true") == []
    assert names("page=2&per_page=2&order_by=username") == ["caio", "dora"]
    first = boss("GET", "/users?limit=2&order_by=-username").get_json()
    url = first["next"].removeprefix(f"http://localhost{BASE}")
    assert [user["username"] for user in boss("GET", url).get_json()["data"]] == ["caio", "boss"]
    assert first["prev"] is None
    refused(boss("GET", "/users?order_by=password_hash"), 400, "unknown-sort-field")
    refused(boss("GET", "/users?password_hash=x"), 400, "unknown-parameter")


@pytest.mark.parametrize(
    "text",
    [
        ">",
        ">1|password_hash|x",
        ">1|-password_hash|$argon2",
        ">1|id);drop table app_user;--|x",
        ">1|created_at|' or 1=1",
        ">99999999999999999999",
        "x",
    ],
)
def test_a_forged_cursor_is_refused(boss: Person, text: str) -> None:
    for order in ("id", "username", "created_at"):
        response = boss("GET", f"/users?order_by={order}&cursor={cursor(text)}")
        assert response.status_code == 422, response.text
        assert list(response.get_json()["errors"]) == ["cursor"]


def test_a_cursor_of_another_list_shows_nothing_that_the_list_would_not(boss: Person, make_user: Any) -> None:
    gone = make_user("gone", "viewer")
    boss("DELETE", f"/users/{gone}")
    answer = boss("GET", f"/users?cursor={cursor('>0')}").get_json()
    assert [user["username"] for user in answer["data"]] == ["boss"]


def test_a_deleted_user_s_names_are_free_and_what_it_did_stays_its_own(
    app: Flask, boss: Person, person: Callable[..., Person]
) -> None:
    ana = person("ana", "operator", "ana@example.com")
    headers = {"Authorization": f"Bearer {ana.access}", "Content-Type": "text/csv"}
    import_id = ana.client.post(f"{BASE}/imports", data=b"a;b\n1;2\n", headers=headers).get_json()["id"]
    assert boss("DELETE", f"/users/{ana.id}").status_code == 204
    again = boss("POST", "/users", {"username": "Ana", "email": "ANA@example.com", "password": "four words of mine"})
    assert again.status_code == 201
    assert again.get_json()["id"] != ana.id
    assert boss("GET", f"/imports/{import_id}").get_json()["created_by"] == ana.id
    with app.app_context():
        kept = db.session.execute(select(User.username, User.email, User.password_hash).where(User.id == ana.id)).one()
        assert tuple(kept) == ("ana", None, "none")
        assert db.session.scalars(select(Import.created_by)).all() == [ana.id]


def test_taken_names_are_conflicts_when_changed_too(boss: Person, make_user: Callable[..., int]) -> None:
    ana = make_user("ana", "viewer", email="ana@example.com")
    refused(boss("PATCH", f"/users/{ana}", {"username": "BOSS"}), 409, "duplicate-username")
    refused(boss("PATCH", f"/users/{boss.id}", {"email": "ANA@example.com"}), 409, "duplicate-email")
    assert boss("PATCH", f"/users/{ana}", {"username": "Ana"}).status_code == 200


@pytest.mark.parametrize(
    ("method", "body"), [("DELETE", None), ("PATCH", {"role": "operator"}), ("PATCH", {"disabled": True})]
)
def test_the_last_admin_stays(boss: Person, make_user: Any, method: str, body: Any) -> None:
    disabled = make_user("also", "admin")
    assert boss("PATCH", f"/users/{disabled}", {"disabled": True}).status_code == 200
    refused(boss(method, f"/users/{boss.id}", body), 409, "last-admin")
    assert boss("GET", "/users").status_code == 200


def test_two_admins_who_remove_each_other_leave_one(app: Flask, boss: Person, person: Callable[..., Person]) -> None:
    for turn in range(6):
        other = person(f"other{turn}", "admin")
        calls = {
            0: ("DELETE", None),
            1: ("PATCH", {"role": "viewer"}),
            2: ("PATCH", {"disabled": True}),
        }[turn % 3]

        def act(pair: tuple[Person, Person], calls: Any = calls) -> int:
            actor, victim = pair
            client = app.test_client()
            headers = {"Authorization": f"Bearer {actor.access}"}
            return client.open(f"{BASE}/users/{victim.id}", method=calls[0], json=calls[1], headers=headers).status_code

        with ThreadPoolExecutor(2) as threads:
            statuses = sorted(threads.map(act, [(boss, other), (other, boss)]))
        # The second is refused as the last one's, or, had the first ended before it began, as nobody's any more.
        assert statuses[0] in (200, 204)
        assert statuses[1] in (401, 403, 409)
        with app.app_context():
            admins = select(User.id).where(User.role == "admin", User.disabled.is_(False), User.deleted_at.is_(None))
            (left,) = db.session.scalars(admins).all()
        boss = boss if left == boss.id else other


def test_a_user_is_added_once_however_often_it_is_sent(app: Flask, boss: Person) -> None:
    headers = {"Authorization": f"Bearer {boss.access}", "Idempotency-Key": "one"}
    answers = [boss.client.post(f"{BASE}/users", json=NEW, headers=headers) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].get_json() == answers[1].get_json()
    with app.app_context():
        (kept,) = db.session.execute(select(Idempotency.answer, Idempotency.fingerprint)).all()
    assert NEW["password"] not in kept.answer


def test_another_password_is_another_request_and_none_is_found_out(app: Flask, boss: Person) -> None:
    headers = {"Authorization": f"Bearer {boss.access}", "Idempotency-Key": "one"}
    assert boss.client.post(f"{BASE}/users", json=NEW, headers=headers).status_code == 201
    other = {**NEW, "password": "four other words of mine"}
    refused(boss.client.post(f"{BASE}/users", json=other, headers=headers), 422, "idempotency-key-reused")
    with app.app_context():
        kept = db.session.scalars(select(Idempotency.fingerprint)).one()
        # Who has the database but not the signing key can't try passwords against what it remembers.
        known = {"role": "viewer", **NEW}
        for password in (NEW["password"], hashlib.sha256(NEW["password"].encode()).hexdigest()):
            assert Request(boss.id, "one", "create_user", {**known, "password": password}).fingerprint != kept
        sealed = {**known, "password": fingerprint_of(NEW["password"])}
        assert Request(boss.id, "one", "create_user", sealed).fingerprint == kept
