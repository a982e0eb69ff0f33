"""Which header counts, however it is written; and what an API key never does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from src.api.guard import NOT_OF_KEYS
from tests.security.identity.conftest import BASE, Person, refused


@pytest.fixture
def key(boss: Person) -> str:
    """The API key of an admin."""
    made = boss("POST", "/api-keys", {"name": "sync", "role": "admin"})
    return str(made.get_json()["key"])


@pytest.mark.parametrize(
    "written", ["Bearer {}", "Bearer  {}", "Bearer     {}", "bearer {}", "BEARER {}", "bEaReR  {}", " Bearer {} "]
)
def test_a_token_counts_however_its_scheme_and_blanks_are_written(boss: Person, written: str) -> None:
    headers = {"Authorization": written.format(boss.access)}
    assert boss.client.get(f"{BASE}/auth/me", headers=headers).status_code == 200
    refresh = {"Authorization": written.format(boss.refresh)}
    assert boss.client.post(f"{BASE}/auth/refresh", headers=refresh).status_code == 200


@pytest.mark.parametrize("written", ["Bearer{}", "Bearer\t{}", "Bearer,{}", "{}", "Token {}", "Bearer: {}", "JWT {}"])
def test_what_is_written_in_another_way_is_no_token(boss: Person, written: str) -> None:
    headers = {"Authorization": written.format(boss.access)}
    found = refused(boss.client.get(f"{BASE}/auth/me", headers=headers), 401, "not-authenticated")
    assert "Authorization: Bearer <token>" in found["detail"]


@pytest.mark.parametrize(
    "other", ["Basic YW5hOmFuYQ==", "basic x", "Digest username=x", "Negotiate x", "Basic", "Bearer", "Bearer ", ""]
)
def test_a_good_key_counts_beside_an_authorization_of_another_scheme(boss: Person, key: str, other: str) -> None:
    """As curl sends it for a user name in the address, or a proxy that asks for a password of its own."""
    headers = {"Authorization": other, "X-API-Key": key}
    assert boss.client.get(f"{BASE}/imports", headers=headers).status_code == 200
    refused(boss.client.get(f"{BASE}/imports", headers={**headers, "X-API-Key": "x"}), 401, "not-authenticated")
    refused(boss.client.get(f"{BASE}/imports", headers={"Authorization": other}), 401, "not-authenticated")


def test_a_key_is_found_with_blanks_around_it(boss: Person, key: str) -> None:
    assert boss.client.get(f"{BASE}/imports", headers={"X-API-Key": f"  {key} "}).status_code == 200


CHANGES: list[tuple[str, str, Any]] = [
    ("POST", "/users", {"username": "eva", "password": "four words of mine", "role": "admin"}),
    ("PATCH", "/users/{user}", {"password": "four words of mine"}),
    ("PATCH", "/users/{user}", {"role": "admin"}),
    ("PATCH", "/users/{user}", {"disabled": False}),
    ("PATCH", "/users/{user}", {"email": "eva@example.com"}),
    ("DELETE", "/users/{user}", None),
    ("PUT", "/auth/password", {"current_password": "boss boss", "new_password": "four words of mine"}),
    ("POST", "/api-keys", {"name": "another", "role": "viewer"}),
    ("DELETE", "/api-keys/{key}", None),
    ("POST", "/auth/logout", None),
]


@pytest.mark.parametrize("base", [BASE, "/v1"])
@pytest.mark.parametrize(("method", "path", "body"), CHANGES)
def test_an_admin_s_key_sets_no_password_role_or_key(
    boss: Person, key: str, make_user: Callable[..., int], base: str, method: str, path: str, body: Any
) -> None:
    user_id = make_user("ana", "viewer")
    key_id = boss("GET", "/api-keys").get_json()["data"][0]["id"]
    url = base + path.format(user=user_id, key=key_id)
    before = boss("GET", "/users").get_json(), boss("GET", "/api-keys").get_json()["data"][0]["id"]
    found = refused(boss.client.open(url, method=method, json=body, headers={"X-API-Key": key}), 403, "not-allowed")
    assert found["detail"] in NOT_OF_KEYS.values()
    assert (boss("GET", "/users").get_json(), boss("GET", "/api-keys").get_json()["data"][0]["id"]) == before


def test_no_other_route_that_a_key_opens_takes_a_password_a_role_or_a_key(app: Flask) -> None:
    """Every route whose body has such a field is closed to keys; those that need no token give and take them."""
    secret = {"password", "new_password", "current_password", "role", "disabled", "key_hash"}
    seen = set()
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        places = getattr(view, "_apidoc", {}).get("arguments", {}).get("parameters", [])
        for place in places:
            schema = place["schema"]() if isinstance(place["schema"], type) else place["schema"]
            if place["in"] == "json" and secret & set(schema.fields):
                seen.add(rule.endpoint)
                right = view.required_right  # type: ignore[attr-defined]
                assert right is None or right in NOT_OF_KEYS, rule
    assert len(seen) >= 5


def test_an_admin_s_key_reads_users_and_keys(client: FlaskClient, key: str) -> None:
    for path in ("/users", "/api-keys", "/audit-log"):
        assert client.get(BASE + path, headers={"X-API-Key": key}).status_code == 200
