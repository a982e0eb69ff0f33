"""Who gets in."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import jwt
import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_jwt_extended import create_access_token

from src.config import Settings

OPEN = {
    "/health/live",
    "/health/ready",
    "/v1/health",
    "/openapi.json",
    "/docs",
    "/docs/",
    "/docs/<path:path>",
    "/api/v1/auth/login",
    "/v1/auth/login",
}


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def test_every_address_but_the_open_ones_asks_for_a_token(app: Flask, client: FlaskClient) -> None:
    for rule in app.url_map.iter_rules():
        if rule.rule in OPEN:
            continue
        url = re.sub(r"<\w+:\w+>", "1", rule.rule)
        for method in rule.methods - {"HEAD", "OPTIONS"}:
            response = client.open(url, method=method)
            assert response.status_code == 401, (method, url)
            assert response.mimetype == "application/problem+json"
            assert response.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize(
    ("role", "reads", "imports"),
    [("viewer", 200, 403), ("operator", 200, 202), ("admin", 200, 202), ("none", 403, 403)],
)
def test_a_viewer_reads_and_an_operator_also_imports(
    app: Flask, client: FlaskClient, role: str, reads: int, imports: int
) -> None:
    with app.app_context():
        headers = bearer(create_access_token("1", additional_claims={"role": role}))
    assert client.get("/api/v1/imports", headers=headers).status_code == reads
    response = client.post("/api/v1/imports", data=b"a;b\n1;2\n", headers={**headers, "Content-Type": "text/csv"})
    assert response.status_code == imports


def test_the_403_names_the_right_that_is_missing(
    client: FlaskClient, headers_for: Callable[[str], dict[str, str]]
) -> None:
    response = client.post("/api/v1/imports/1/cancel", headers=headers_for("viewer"))
    assert response.status_code == 403
    assert response.get_json()["detail"] == "This needs the right to import, which the role viewer lacks."


def claims(settings: Settings, **changes: Any) -> str:
    """A token as the service makes them, with changes."""
    given = {"sub": "1", "role": "admin", "type": "access", "iss": "indicators", "aud": "indicators", "fresh": False}
    given |= {"iat": 1_600_000_000, "exp": 4_000_000_000, "jti": "1"} | changes
    key = given.pop("key", settings.jwt_secret_key)
    return jwt.encode({name: value for name, value in given.items() if value is not None}, key, algorithm="HS256")


def test_a_token_as_the_service_makes_them_gets_in(client: FlaskClient, settings: Settings) -> None:
    assert client.get("/api/v1/imports", headers=bearer(claims(settings))).status_code == 200


@pytest.mark.parametrize(
    "change",
    [
        {"exp": 1_600_000_001},
        {"iss": "somebody else"},
        {"aud": "something else"},
        {"aud": None},
        {"iss": None},
        {"sub": None},
        {"sub": 1},
        {"type": "refresh"},
        {"key": "another secret that is 32 bytes long"},
    ],
)
def test_a_token_that_is_not_quite_right_is_a_401(
    client: FlaskClient, settings: Settings, change: dict[str, Any]
) -> None:
    response = client.get("/api/v1/imports", headers=bearer(claims(settings, **change)))
    assert response.status_code == 401
    assert response.mimetype == "application/problem+json"


@pytest.mark.parametrize(
    "header", ["Bearer", "Bearer ", "Bearer x", "Bearer a.b.c", "Basic YTpi", "x", "Bearer a b", "Bearer \xe9", ""]
)
def test_nonsense_in_the_header_is_a_401(client: FlaskClient, header: str) -> None:
    response = client.get("/api/v1/imports", headers={"Authorization": header})
    assert response.status_code == 401
    assert response.mimetype == "application/problem+json"


def test_an_unsigned_token_is_a_401(client: FlaskClient, settings: Settings) -> None:
    unsigned = jwt.encode({"sub": "1", "role": "admin", "iss": "indicators", "aud": "indicators"}, "", algorithm="none")
    assert client.get("/api/v1/imports", headers=bearer(unsigned)).status_code == 401


def test_an_expired_token_is_told_so(app: Flask, client: FlaskClient) -> None:
    with app.app_context():
        token = create_access_token("1", expires_delta=timedelta(seconds=-1), additional_claims={"role": "admin"})
    response = client.get("/api/v1/imports", headers=bearer(token))
    assert response.get_json()["detail"] == "The token has expired: log in again."


@pytest.mark.parametrize(
    "path", ["/api/v1/imports?foo=1", "/api/v1/imports/1?foo=1", "/api/v1/atendimento/total?foo=", "/health/live?foo=1"]
)
def test_an_unknown_query_parameter_is_a_400_that_names_it(
    client: FlaskClient, auth_headers: dict[str, str], path: str
) -> None:
    response = client.get(path, headers=auth_headers)
    assert response.status_code == 400
    assert response.get_json()["errors"] == {"foo": ["Unknown query parameter."]}


def test_a_stranger_learns_nothing_of_the_parameters(client: FlaskClient) -> None:
    assert client.get("/api/v1/imports?foo=1").status_code == 401
