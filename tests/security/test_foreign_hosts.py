"""No redirect leads to a host that the request made up."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator

import pytest
from flask import Flask

from tests.integration.api.server import web_server

EVIL = "evil.example"
PATHS = [
    *("/", "/docs", "/docs/", "/docs/index.html", "/openapi.json/", "/api/v1", "/api/v1/", "/v1/", "/health/live/"),
    *(
        f"//{EVIL}",
        f"//{EVIL}/",
        f"//{EVIL}/docs",
        f"///{EVIL}/docs",
        f"//{EVIL}/..",
        f"/\\{EVIL}",
        f"/\\\\{EVIL}/docs",
    ),
    *(
        "//docs",
        "//docs/",
        "/docs//",
        "/docs//x",
        "/api/v1//imports",
        "//api/v1/imports/",
        "/v1//auth//me",
    ),
    *(
        f"/%2f%2f{EVIL}",
        f"/%5c{EVIL}/docs",
        f"/%09/{EVIL}",
        f"/docs/..//{EVIL}",
        f"/./{EVIL}",
        f"/docs//{EVIL}/?next=//{EVIL}",
    ),
    *(f"http://{EVIL}/", f"http://{EVIL}/docs", f"http://{EVIL}//docs/", f"https://{EVIL}/docs/"),
]
HEADERS = [
    f"Host: {EVIL}",
    f"Host: {EVIL}:443",
    f"Host: //{EVIL}",
    f"Host: {EVIL}/x",
    f"Host: 127.0.0.1@{EVIL}",
    f"Host: 127.0.0.1\r\nX-Forwarded-Host: {EVIL}\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Port: 1",
    f"Host: 127.0.0.1\r\nForwarded: for=1.2.3.4;host={EVIL};proto=https",
    f"Host: 127.0.0.1\r\nX-Host: {EVIL}\r\nX-Original-URL: //{EVIL}\r\nX-Rewrite-URL: //{EVIL}",
    f"Host: 127.0.0.1\r\nX-Forwarded-Prefix: //{EVIL}\r\nX-Script-Name: //{EVIL}",
]


def answer(port: int, path: str, headers: str) -> tuple[int, str | None]:
    """Ask as a client that minds no rules; return the status and the Location."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(f"GET {path} HTTP/1.1\r\n{headers}\r\nConnection: close\r\n\r\n".encode())
        said = b"".join(iter(lambda: connection.recv(65536), b"")).decode("latin-1")
    head = said.partition("\r\n\r\n")[0]
    found = re.search(r"^location: *(.*?)\r?$", head, re.MULTILINE | re.IGNORECASE)
    return int(head.split()[1]), found and found[1]


@pytest.fixture(scope="module", params=["0", "1"])
def port(request: pytest.FixtureRequest, environment: dict[str, str], app: Flask) -> Iterator[int]:
    """The web server, alone and as it is behind a proxy, which hands on what its client says."""
    with web_server(environment, TRUSTED_PROXY_HOPS=request.param) as port:
        yield port


@pytest.mark.parametrize("headers", HEADERS)
def test_no_redirect_leads_to_another_host(port: int, headers: str) -> None:
    answers = {path: answer(port, path, headers) for path in PATHS}
    assert {path: found for path, found in answers.items() if found[0] >= 500} == {}
    redirects = {path: location for path, (status, location) in answers.items() if 300 <= status < 400}
    astray = {path: location for path, location in redirects.items() if not re.match(r"/(?![/\\\s])", location or "")}
    assert astray == {}
    assert not [path for path, (status, location) in answers.items() if location and not 300 <= status < 400]
    if "Host: 127.0.0.1" in headers or headers == f"Host: {EVIL}":
        assert redirects, "no path of these is redirected: the test shows nothing"
