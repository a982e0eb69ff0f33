"""API keys: shown once, kept as a hash, never above their maker."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, text, update
from werkzeug.test import TestResponse

from src.extensions import db
from src.models import ApiKey, Idempotency
from src.services import callers
from tests.security.identity.conftest import BASE, Person, refused

Call = Callable[..., TestResponse]


@pytest.fixture
def call(client: FlaskClient) -> Call:
    """Ask with a key: `call(key, "GET", "/imports")`."""

    def ask(key: str, method: str, path: str, **given: Any) -> TestResponse:
        headers = {"X-API-Key": key, **given.pop("headers", {})}
        return client.open(BASE + path, method=method, headers=headers, **given)

    return ask


def made(boss: Person, **fields: Any) -> dict[str, Any]:
    response = boss("POST", "/api-keys", {"name": "nightly export", **fields})
    assert (response.status_code, response.headers["Cache-Control"]) == (201, "no-store"), response.text
    found: dict[str, Any] = response.get_json()
    return found


def test_a_key_is_shown_once_and_only_its_hash_is_kept(app: Flask, boss: Person) -> None:
    key = made(boss, expires_at="2031-12-31")
    assert key["expires_at"] == "2031-12-31T23:59:59"
    assert (key["role"], key["created_by"], key["last_used_at"]) == ("viewer", boss.id, None)
    assert key["key"].startswith(key["prefix"])
    listed = boss("GET", "/api-keys")
    assert listed.get_json()["data"] == [{name: value for name, value in key.items() if name != "key"}]
    with app.app_context():
        kept = db.session.execute(select(ApiKey.__table__)).mappings().one()
    assert kept["key_hash"] == hashlib.sha256(key["key"].encode()).hexdigest()
    assert key["key"] not in str(dict(kept))
    assert len(key["key"]) - len(key["prefix"]) > 30  # what is shown of it leaves enough to guess


def test_a_key_opens_what_its_role_may(boss: Person, call: Call) -> None:
    cliente = {"id": 1, "nome": "Maria"}
    keys = {role: made(boss, role=role)["key"] for role in ("viewer", "operator", "admin")}
    assert [call(keys[role], "GET", "/clientes").status_code for role in keys] == [200] * 3
    assert [call(keys[role], "POST", "/clientes", json=cliente).status_code for role in keys] == [403, 201, 409]
    assert [call(keys[role], "GET", "/users").status_code for role in keys] == [403, 403, 200]
    refused(call(keys["admin"], "GET", "/auth/me"), 403, "not-allowed")


def test_no_key_makes_or_revokes_keys(boss: Person, call: Call) -> None:
    key = made(boss, role="admin")
    path = f"/api-keys/{key['id']}"
    for response in (call(key["key"], "POST", "/api-keys", json={"name": "another"}), call(key["key"], "DELETE", path)):
        assert "by an admin who is logged in" in refused(response, 403, "not-allowed")["detail"]
    assert [each["id"] for each in call(key["key"], "GET", "/api-keys").get_json()["data"]] == [key["id"]]


@pytest.mark.parametrize("key", ["x", "indicators_", "é", "' or 1=1", "a" * 5000, "Bearer x"])
def test_another_key_opens_nothing(boss: Person, call: Call, key: str) -> None:
    made(boss)
    refused(call(key, "GET", "/imports"), 401, "not-authenticated")


def test_a_hash_is_no_key(app: Flask, boss: Person, call: Call) -> None:
    key = made(boss)
    for stored in (hashlib.sha256(key["key"].encode()).hexdigest(), key["prefix"]):
        assert call(stored, "GET", "/imports").status_code == 401


def test_a_revoked_key_opens_nothing_at_once(boss: Person, call: Call) -> None:
    key = made(boss)
    assert call(key["key"], "GET", "/imports").status_code == 200
    assert boss("DELETE", f"/api-keys/{key['id']}").status_code == 204
    refused(call(key["key"], "GET", "/imports"), 401, "not-authenticated")
    assert boss("GET", "/api-keys").get_json()["data"] == []
    refused(boss("DELETE", f"/api-keys/{key['id']}"), 404, "api-key-not-found")


def test_a_key_ends_when_it_expires(app: Flask, boss: Person, call: Call) -> None:
    found = refused(boss("POST", "/api-keys", {"name": "x", "expires_at": "2020-01-01"}), 422, "invalid-fields")
    assert found["errors"] == {"expires_at": ["Not in the future."]}
    key = made(boss, expires_at="2031-12-31")["key"]
    with app.app_context():
        db.session.execute(update(ApiKey).values(expires_at=func.now()))
        db.session.commit()
    refused(call(key, "GET", "/imports"), 401, "not-authenticated")


@pytest.mark.parametrize(
    ("change", "reads", "writes"),
    [
        ({"disabled": True}, 401, 401),
        ({"role": "viewer"}, 200, 403),
        ({"role": "operator"}, 200, 201),
        (None, 401, 401),
    ],
)
def test_a_key_never_may_more_than_its_maker(
    boss: Person, person: Callable[..., Person], call: Call, change: Any, reads: int, writes: int
) -> None:
    maker = person("maker", "admin")
    key = made(maker, role="admin")["key"]
    assert call(key, "GET", "/users").status_code == 200
    boss("PATCH" if change else "DELETE", f"/users/{maker.id}", change)
    assert call(key, "GET", "/imports").status_code == reads
    assert call(key, "POST", "/clientes", json={"id": 1}).status_code == writes
    assert call(key, "GET", "/users").status_code == (401 if reads == 401 else 403)


def test_a_bad_token_is_not_mended_by_a_good_key(boss: Person, call: Call) -> None:
    key = made(boss)["key"]
    assert call(key, "GET", "/imports", headers={"Authorization": "Bearer x"}).status_code == 401


def forget_all_copies(app: Flask) -> None:
    app.extensions["cache"]._redis.flushdb()
    callers._moments.clear()


def test_the_last_use_is_written_once_a_minute(app: Flask, boss: Person, call: Call) -> None:
    key = made(boss)["key"]

    def last_used() -> Any:
        with app.app_context():
            return db.session.scalars(select(ApiKey.last_used_at)).one()

    for _ in range(3):
        forget_all_copies(app)
        call(key, "GET", "/imports")
    first = last_used()
    assert first is not None
    with app.app_context():
        earlier = ApiKey.last_used_at - text("interval '61 seconds'")
        db.session.execute(update(ApiKey).values(last_used_at=earlier))
        db.session.commit()
        written = db.session.scalar(text("select xmin::text from api_key"))
    forget_all_copies(app)
    call(key, "GET", "/imports")
    assert last_used() >= first
    with app.app_context():
        now = db.session.scalar(text("select xmin::text from api_key"))
    assert now != written
    forget_all_copies(app)
    call(key, "GET", "/imports")
    with app.app_context():
        assert db.session.scalar(text("select xmin::text from api_key")) == now


def test_keys_and_users_have_their_own_idempotency_keys(boss: Person, call: Call) -> None:
    """Nobody gets the answer that somebody else's request had."""
    keys = [made(boss, role="operator")["key"] for _ in range(2)]
    answers = [
        call(key, "POST", "/angels", json={"nome": f"Ana {number}"}, headers={"Idempotency-Key": "one"})
        for number, key in enumerate(keys)
    ]
    assert [answer.status_code for answer in answers] == [201, 201]
    own = {"Authorization": f"Bearer {boss.access}", "Idempotency-Key": "one"}
    assert boss.client.post(f"{BASE}/angels", json={"nome": "Ana 2"}, headers=own).status_code == 201


def test_a_key_is_made_once_however_often_it_is_asked_for_and_shown_the_first_time_only(
    app: Flask, boss: Person
) -> None:
    headers = {"Authorization": f"Bearer {boss.access}", "Idempotency-Key": "one"}

    def ask(name: str) -> TestResponse:
        return boss.client.post(f"{BASE}/api-keys", json={"name": name}, headers=headers)

    first, again = ask("nightly export"), ask("nightly export")
    assert (first.status_code, again.status_code, again.headers["Cache-Control"]) == (201, 201, "no-store")
    key = first.get_json()["key"]
    assert again.get_json() == {**first.get_json(), "key": None}
    assert len(boss("GET", "/api-keys").get_json()["data"]) == 1
    refused(ask("another"), 422, "idempotency-key-reused")
    with app.app_context():
        kept = db.session.scalars(select(Idempotency.answer)).one()
    assert key not in kept
    assert hashlib.sha256(key.encode()).hexdigest() not in kept


def test_rejected_rows_are_for_the_key_that_uploaded_and_for_admins(
    boss: Person, person: Callable[..., Person], call: Call
) -> None:
    own, other = (made(boss, role="operator")["key"] for _ in range(2))
    csv = {"data": b"a;b\n1;2\n", "headers": {"Content-Type": "text/csv"}}
    import_id = call(own, "POST", "/imports", **csv).get_json()["id"]
    path = f"/imports/{import_id}/rejections"
    assert call(own, "GET", path).status_code == 200
    refused(call(other, "GET", path), 403, "not-allowed")
    refused(person("olga", "operator")("GET", path), 403, "not-allowed")
    assert boss("GET", path).status_code == 200


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "name"),
        ({"name": ""}, "name"),
        ({"name": "x", "role": "root"}, "role"),
        ({"name": "x", "expires_at": "tomorrow"}, "expires_at"),
        ({"name": "x", "key": "mine"}, "key"),
        ({"name": "x", "created_by": 2}, "created_by"),
        ({"name": "x", "key_hash": "0"}, "key_hash"),
    ],
)
def test_a_key_to_be_is_checked(boss: Person, body: dict[str, Any], field: str) -> None:
    assert list(refused(boss("POST", "/api-keys", body), 422, "invalid-arguments")["errors"]) == [field]
