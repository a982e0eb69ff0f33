"""Every route with every role, with an API key of every role, and with nothing."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pytest
from flask import Flask
from flask.testing import FlaskClient

from src.api.guard import NOT_OF_KEYS, RIGHTS
from tests.security.identity.conftest import BASE, Person, refused

ROLES = ("viewer", "operator", "admin")
# What anybody may ask; all else must declare a right.
OPEN = {
    "/health/live",
    "/health/ready",
    "/v1/health",
    # Kept from the outside by nginx.
    "/metrics",
    "/v1/metrics",
    *(f"{prefix}/auth/{name}" for prefix in ("/api/v1", "/v1") for name in ("login", "refresh", "register")),
}
# Pages and documents, which no data goes into.
UNGUARDED = {"/openapi.json", "/docs", "/docs/", "/docs/<path:path>"}
# Of the operator who uploaded, and of admins.
OWN = "list_rejections"
CSV = b"id_atendimento;id_cliente\n1;2\n"


class Route(NamedTuple):
    method: str
    url: str
    name: str
    right: str | None


class Subject(NamedTuple):
    """Somebody who asks; `headers` gives what lets them in, anew each time, for a logout ends it."""

    role: str
    is_key: bool
    headers: Callable[[], dict[str, str]]


def rules(app: Flask) -> Iterator[Any]:
    return (rule for rule in app.url_map.iter_rules() if rule.rule not in UNGUARDED)


def routes(app: Flask, ids: dict[str, int]) -> list[Route]:
    """Every method at every address, of objects that exist."""
    return [
        Route(
            method,
            re.sub(r"<(?:[^<>]*:)?(\w+)>", lambda found: str(ids.get(found[1], 1)), rule.rule),
            app.view_functions[rule.endpoint].__name__,
            app.view_functions[rule.endpoint].required_right,  # type: ignore[attr-defined]
        )
        for rule in rules(app)
        for method in sorted(rule.methods - {"HEAD", "OPTIONS"})
        if rule.rule not in OPEN
    ]


def test_every_route_declares_its_right_or_is_open_on_purpose(app: Flask) -> None:
    undeclared = [rule.rule for rule in rules(app) if not hasattr(app.view_functions[rule.endpoint], "required_right")]
    assert undeclared == []
    opened = {rule.rule for rule in rules(app) if app.view_functions[rule.endpoint].required_right is None}
    assert opened == OPEN


@pytest.fixture
def ids(boss: Person, make_user: Callable[..., int]) -> dict[str, int]:
    """One object of each kind, none of them the subjects' own."""
    record = {"id_cliente": 7, "angel": "Ana", "polo": "BA - SALVADOR", "data_limite": "2021-06-30"}
    headers = {"Authorization": f"Bearer {boss.access}", "Content-Type": "text/csv"}
    found = {
        "atendimento_id": boss("POST", "/atendimento", record).get_json()["id"],
        "cliente_id": 7,
        "import_id": boss.client.post(f"{BASE}/imports", data=CSV, headers=headers).get_json()["id"],
        "user_id": make_user("somebody", "viewer"),
        "api_key_id": boss("POST", "/api-keys", {"name": "somebody's"}).get_json()["id"],
    }
    for kind in ("angel", "polo"):
        found[f"{kind}_id"] = boss("GET", f"/{kind}s").get_json()["data"][0]["id"]
    return found


@pytest.fixture
def subjects(boss: Person, make_user: Callable[..., int], headers_of: Callable[[int], dict[str, str]]) -> list[Subject]:
    found = []
    for role in ROLES:
        user_id = make_user(f"the-{role}", role)
        found.append(Subject(role, False, lambda user_id=user_id: headers_of(user_id)))
        key = boss("POST", "/api-keys", {"name": role, "role": role}).get_json()["key"]
        found.append(Subject(role, True, lambda key=key: {"X-API-Key": key}))
    return found


def test_without_token_and_key_nothing_opens(app: Flask, client: FlaskClient, ids: dict[str, int]) -> None:
    walked = routes(app, ids)
    assert len(walked) > 100
    for route in walked:
        response = client.open(route.url, method=route.method)
        refused(response, 401, "not-authenticated")
        assert response.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("is_key", [False, True], ids=["token", "key"])
def test_every_route_opens_to_those_who_have_its_right_and_to_nobody_else(
    app: Flask, client: FlaskClient, ids: dict[str, int], subjects: list[Subject], role: str, is_key: bool
) -> None:
    (subject,) = (found for found in subjects if (found.role, found.is_key) == (role, is_key))
    for route in routes(app, ids):
        allowed = route.right in RIGHTS[role] and not (is_key and route.right in NOT_OF_KEYS)
        allowed = allowed and (route.name != OWN or role == "admin")
        response = client.open(route.url, method=route.method, headers=subject.headers(), json={})
        if allowed:
            assert response.status_code not in (401, 403), (route, response.text)
            assert response.status_code < 500, (route, response.text)
        else:
            refused(response, 403, "not-allowed")


def test_rejected_rows_are_for_the_operator_who_uploaded_and_for_admins(
    boss: Person, person: Callable[..., Person]
) -> None:
    uploader = person("otto", "operator")
    headers = {"Authorization": f"Bearer {uploader.access}", "Content-Type": "text/csv"}
    import_id = uploader.client.post(f"{BASE}/imports", data=CSV, headers=headers).get_json()["id"]
    for path in (f"/imports/{import_id}/rejections", f"/imports/{import_id}/rejections?format=csv"):
        assert uploader("GET", path).status_code == 200
        assert boss("GET", path).status_code == 200
        for other in (person("olga", "operator"), person("vera", "viewer")):
            refused(other("GET", path), 403, "not-allowed")
    # The import itself hides nothing of its rows: everybody who reads sees what became of it.
    assert person("vera")("GET", f"/imports/{import_id}").status_code == 200
    boss("PATCH", f"/users/{uploader.id}", {"role": "viewer"})
    refused(uploader("GET", f"/imports/{import_id}/rejections"), 403, "not-allowed")


def test_the_403_names_the_right_that_is_missing(person: Callable[..., Person]) -> None:
    found = refused(person("vera")("GET", "/users"), 403, "not-allowed")
    assert found["detail"] == "This needs the right `admin`, which the role viewer does not have."
