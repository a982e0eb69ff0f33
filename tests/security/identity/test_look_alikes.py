"""Nobody gets a name that reads as another's."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.security.identity.conftest import BASE, Person, refused

PASSWORD = "four words of mine"
CYRILLIC, FULL_WIDTH, WHOLE = "\u0430dmin", "\uff41\uff44\uff4d\uff49\uff4e", "\u0430\u0441\u0435"
LOOK_ALIKES = [CYRILLIC, FULL_WIDTH, WHOLE, "adm\u0131n", "ad\u1160min", "ana\u0660"]


@pytest.mark.parametrize("name", LOOK_ALIKES)
def test_nobody_registers_under_a_look_alike(client: FlaskClient, app_with: Callable[..., Flask], name: str) -> None:
    app_with(open_registration=True)
    body = {"username": name, "email": "eva@example.com", "password": PASSWORD}
    for path in (BASE, "/v1"):
        found = refused(client.post(f"{path}/auth/register", json=body), 422, "invalid-fields")
        assert list(found["errors"]) == ["username"]
    by_mail = {**body, "username": "eva", "email": "\u0435va@example.com"}
    found = refused(client.post(f"{BASE}/auth/register", json=by_mail), 422, "invalid-fields")
    assert list(found["errors"]) == ["email"]
    for plain in ("josé.antônio", "Conceição"):
        taken = {**body, "username": plain, "email": f"{plain}@example.com"}
        assert client.post(f"{BASE}/auth/register", json=taken).status_code == 201


@pytest.mark.parametrize("name", LOOK_ALIKES)
def test_no_admin_adds_or_renames_a_user_to_one(boss: Person, name: str) -> None:
    body = {"username": name, "password": PASSWORD, "role": "viewer"}
    assert list(refused(boss("POST", "/users", body), 422, "invalid-fields")["errors"]) == ["username"]
    user = boss("POST", "/users", {**body, "username": "eva"}).get_json()
    renamed = boss("PATCH", f"/users/{user['id']}", {"username": name})
    assert list(refused(renamed, 422, "invalid-fields")["errors"]) == ["username"]
    renamed = boss("PATCH", f"/users/{user['id']}", {"email": "ev\u0430@example.com"})
    assert list(refused(renamed, 422, "invalid-fields")["errors"]) == ["email"]
    assert boss("GET", f"/users/{user['id']}").get_json()["username"] == "eva"


def test_no_command_adds_one(app: Flask) -> None:
    done = app.test_cli_runner().invoke(args=["users", "create", CYRILLIC], input=f"{PASSWORD}\n")
    assert done.exit_code != 0
    assert "several alphabets" in done.output


def test_those_who_are_there_stay_and_log_in(
    boss: Person, person: Callable[..., Person], make_user: Callable[..., int]
) -> None:
    old = person(CYRILLIC, "viewer")
    assert old.is_in()
    changed = boss("PATCH", f"/users/{old.id}", {"username": CYRILLIC, "role": "operator"})
    assert changed.status_code == 200
    assert (changed.get_json()["username"], changed.get_json()["role"]) == (CYRILLIC, "operator")
    assert old.log_in().status_code == 200
