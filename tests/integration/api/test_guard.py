"""Who gets in."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

OPEN = {
    "/health/live",
    "/health/ready",
    "/v1/health",
    # Kept from the outside by nginx.
    "/metrics",
    "/v1/metrics",
    "/openapi.json",
    "/docs",
    "/docs/",
    "/docs/<path:path>",
    "/api/v1/auth/login",
    "/v1/auth/login",
    "/api/v1/auth/register",
    "/v1/auth/register",
    "/api/v1/auth/refresh",
    "/v1/auth/refresh",
}


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
    ("role", "reads", "imports"), [("viewer", 200, 403), ("operator", 200, 202), ("admin", 200, 202)]
)
def test_a_viewer_reads_and_an_operator_also_imports(
    client: FlaskClient, headers_for: Callable[[str], dict[str, str]], role: str, reads: int, imports: int
) -> None:
    headers = headers_for(role)
    assert client.get("/api/v1/imports", headers=headers).status_code == reads
    response = client.post("/api/v1/imports", data=b"a;b\n1;2\n", headers={**headers, "Content-Type": "text/csv"})
    assert response.status_code == imports


def test_the_403_names_the_right_that_is_missing(
    client: FlaskClient, headers_for: Callable[[str], dict[str, str]]
) -> None:
    response = client.post("/api/v1/imports/1/cancel", headers=headers_for("viewer"))
    assert response.status_code == 403
    assert response.get_json()["detail"] == "This needs the right `import`, which the role viewer does not have."


@pytest.mark.parametrize(
    "header", ["Bearer", "Bearer ", "Bearer x", "Bearer a.b.c", "Basic YTpi", "x", "Bearer a b", "Bearer \xe9", ""]
)
def test_nonsense_in_the_header_is_a_401(client: FlaskClient, header: str) -> None:
    response = client.get("/api/v1/imports", headers={"Authorization": header})
    assert response.status_code == 401
    assert response.mimetype == "application/problem+json"


@pytest.mark.parametrize(
    "path", ["/api/v1/imports?foo=1", "/api/v1/imports/1?foo=1", "/api/v1/atendimento/total?foo=", "/health/live?foo=1"]
)
def test_an_unknown_query_parameter_is_a_400_that_names_it(
    client: FlaskClient, auth_headers: dict[str, str], path: str
) -> None:
    response = client.get(path, headers=auth_headers)
    assert response.status_code == 400
    assert response.get_json()["errors"] == {"foo": ["Unknown query parameter."]}
    assert response.get_json()["detail"].startswith("Unknown query parameter: foo. This call accepts ")


def test_a_stranger_learns_nothing_of_the_parameters(client: FlaskClient) -> None:
    assert client.get("/api/v1/imports?foo=1").status_code == 401
