"""Links and `Location` are absolute; redirects name no host."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient

from src.api.headers import believe_proxies
from src.config import Settings
from tests.integration.api.sending import CSV, Send

HOST = "indicators.example.com:8443"
CLIENTE = {"id": 7, "nome": "Ana"}


@pytest.fixture
def three(client: FlaskClient, auth_headers: dict[str, str]) -> None:
    """Three angels, so that a list has pages."""
    for nome in ("Ana", "Beatriz", "Carla"):
        assert client.post("/api/v1/angels", json={"nome": nome}, headers=auth_headers).status_code == 201


@pytest.fixture
def behind_a_proxy(app: Flask, settings: Settings) -> Any:
    """The application as one proxy's neighbour sees it."""
    from dataclasses import replace

    original = app.wsgi_app
    believe_proxies(app, replace(settings, trusted_proxy_hops=1))
    yield
    app.wsgi_app = original  # type: ignore[method-assign]


def addresses(client: FlaskClient, headers: dict[str, str], **more: str) -> list[str]:
    """Return an address of each kind that answers have."""
    headers = headers | {name.replace("_", "-"): value for name, value in more.items()}
    page = client.get("/api/v1/angels?limit=1&offset=1", headers=headers)
    assert [f'<{page.json["next"]}>; rel="next"', f'<{page.json["prev"]}>; rel="prev"'] == page.headers.getlist("Link")
    upload = client.post("/api/v1/imports", data=CSV, headers={"Content-Type": "text/csv", **headers})
    made = client.post("/api/v1/clientes", json={"nome": "Ana"}, headers=headers)
    old = client.get("/v1/angels?page=1&per_page=1", headers=headers).json["next"]
    links = upload.json["links"].values()
    return [page.json["next"], page.json["prev"], *links, upload.headers["Location"], made.headers["Location"], old]


@pytest.mark.usefixtures("three")
def test_they_begin_with_the_request_s_own_scheme_and_host(client: FlaskClient, auth_headers: dict[str, str]) -> None:
    for address in addresses(client, auth_headers, Host=HOST):
        assert address.startswith((f"http://{HOST}/api/v1/", f"http://{HOST}/v1/")), address
        assert client.get(address, headers=auth_headers).status_code in (200, 405), address


@pytest.mark.usefixtures("three")
def test_they_begin_with_the_public_address_where_there_is_one(
    client: FlaskClient, auth_headers: dict[str, str], app_with: Callable[..., Flask]
) -> None:
    app_with(public_url="https://kpi.example.com/pedra")
    found = addresses(client, auth_headers, Host="evil.example", X_Forwarded_Host="evil.example")
    assert {urlsplit(address)[:2] for address in found} == {("https", "kpi.example.com")}
    assert all(urlsplit(address).path.startswith("/pedra/") for address in found)


@pytest.mark.usefixtures("three")
def test_nobody_is_believed_about_the_host_unless_a_proxy_is_there(
    client: FlaskClient, auth_headers: dict[str, str]
) -> None:
    made_up = {"X_Forwarded_Host": "evil.example", "X_Forwarded_Proto": "https", "Forwarded": "host=evil.example"}
    for address in addresses(client, auth_headers, **made_up):
        assert address.startswith("http://localhost/"), address


@pytest.mark.usefixtures("three", "behind_a_proxy")
def test_a_proxy_that_is_there_says_what_the_client_used(client: FlaskClient, auth_headers: dict[str, str]) -> None:
    said = {"X_Forwarded_Host": "evil.example, kpi.example.com", "X_Forwarded_Proto": "http, https"}
    for address in addresses(client, auth_headers, Host="web:7012", **said):
        assert address.startswith("https://kpi.example.com/"), address


@pytest.mark.usefixtures("three")
@pytest.mark.parametrize("host", ['a>; rel="x"', "a b", "a/b", "a?b", "u:p@evil.example", ""])
def test_a_host_that_is_none_leaves_paths(client: FlaskClient, auth_headers: dict[str, str], host: str) -> None:
    for address in addresses(client, auth_headers, Host=host):
        assert address.startswith(("/api/v1/", "/v1/")), address


def test_the_pages_of_an_indicator_have_absolute_links(
    send: Send, client: FlaskClient, auth_headers: dict[str, str]
) -> None:
    for number in (1, 2):
        record = {"id_cliente": 1, "angel": f"Ana {number}", "polo": "SP - SANTOS", "data_limite": "2021-06-30"}
        record["data_de_atendimento"] = "2021-06-29"
        assert client.post("/api/v1/atendimento", json=record, headers=auth_headers).status_code == 201
    answer = client.get("/api/v1/indicators/productivity?limit=1", headers={**auth_headers, "Host": HOST})
    assert answer.json["next"] == f"http://{HOST}/api/v1/indicators/productivity?limit=1&offset=1"
    assert answer.headers["Link"] == f'<{answer.json["next"]}>; rel="next"'


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("/api//v1/health", None),
        ("/health//live?a=1", "/health/live?a=1"),
        ("//evil.example//health/live", None),
        ("/api/v1//angels?nome=%2F%2Fevil.example", "/api/v1/angels?nome=%2F%2Fevil.example"),
    ],
)
def test_a_redirect_is_relative_whatever_host_was_named(client: FlaskClient, path: str, target: str | None) -> None:
    response = client.get(path, base_url="http://evil.example", headers={"X-Forwarded-Host": "evil.example"})
    location = response.headers.get("Location")
    assert location == target
    assert (response.status_code in range(300, 400)) == (target is not None)
