"""What answers tell browsers and proxies, and what is believed of what proxies tell."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator

import pytest
from flask import Flask, request
from flask.testing import FlaskClient
from werkzeug.serving import make_server

from src.app import create_app
from src.config import ConfigurationError, Settings, load_settings
from src.extensions import celery

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
NOT_A_PAGE = "default-src 'none'; frame-ancestors 'none'"
REPORTS = "https://reports.example.com"


@pytest.fixture
def app_of(environment: dict[str, str]) -> Iterator[Callable[..., Flask]]:
    """Make an application of other settings: `app_of(CORS_ORIGINS=...)`."""
    kept = celery.flask_app
    yield lambda **given: create_app(load_settings({**os.environ, **environment, **given}))
    celery.flask_app = kept


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/health/live", 200),
        ("GET", "/openapi.json", 200),
        ("GET", "/docs", 200),
        ("GET", "/docs/swagger-ui.css", 200),
        ("GET", "/api/v1/imports", 200),
        ("GET", "/api/v1/imports/1", 404),
        ("GET", "/nothing", 404),
        ("PUT", "/api/v1/imports", 405),
        ("POST", "/api/v1/auth/login", 422),
        ("GET", "/api/v1/imports?foo=1", 400),
    ],
)
def test_every_answer_has_the_headers(
    client: FlaskClient, auth_headers: dict[str, str], method: str, path: str, status: int
) -> None:
    response = client.open(path, method=method, headers=auth_headers)
    assert response.status_code == status
    headers = response.headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["X-Frame-Options"] == "DENY"
    assert len(headers.getlist("Content-Security-Policy")) == 1
    policy = headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert (policy == NOT_A_PAGE) == (response.mimetype != "text/html")
    assert "Strict-Transport-Security" not in headers
    assert "Access-Control-Allow-Origin" not in headers


def test_an_error_of_ours_has_the_headers_too(app_of: Callable[..., Flask]) -> None:
    app = app_of()

    @app.route("/broken")
    def broken() -> str:
        raise RuntimeError("a secret of the inside")

    response = app.test_client().get("/broken")
    assert response.status_code == 500
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert "inside" not in response.text


def test_tokens_are_kept_by_nobody(client: FlaskClient) -> None:
    response = client.post("/api/v1/auth/login", json={"username": "nobody", "password": "wrong"})
    assert response.headers["Cache-Control"] == "no-store"


def test_records_may_be_kept_by_whoever_asked_and_be_asked_about_again(
    client: FlaskClient, auth_headers: dict[str, str]
) -> None:
    assert client.get("/api/v1/angels", headers=auth_headers).headers["Cache-Control"] == "no-store"
    made = client.post("/api/v1/angels", json={"nome": "Ana"}, headers=auth_headers)
    shown = client.get(made.headers["Location"], headers=auth_headers)
    assert shown.headers["Cache-Control"] == "private, no-cache"


def test_the_page_has_no_code_or_style_in_it(client: FlaskClient) -> None:
    page = client.get("/docs").text
    assert re.findall(r"<script(?![^>]* src=)", page) == []
    assert re.findall(r"<style|style=|\son\w+=|javascript:", page) == []


@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
def test_a_browser_shows_the_page_and_finds_nothing_that_the_policy_forbids(app: Flask, tmp_path: object) -> None:
    asked: list[str] = []
    app_before = app.before_request_funcs.get(None, [])[:]
    server = make_server("127.0.0.1", 0, app, threaded=True)
    app.before_request_funcs.setdefault(None, []).append(lambda: asked.append(request.path))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        done = subprocess.run(
            [
                str(CHROMIUM),
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-background-networking",
                f"--user-data-dir={tmp_path}/profile",
                "--enable-logging=stderr",
                "--virtual-time-budget=20000",
                "--dump-dom",
                f"http://127.0.0.1:{server.server_port}/docs",
            ],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    finally:
        server.shutdown()
        app.before_request_funcs[None] = app_before
    assert "/openapi.json" in asked
    # Made by Swagger UI from the document.
    assert 'id="operations-atendimentos-list_atendimentos"' in done.stdout, done.stderr
    assert "Content Security Policy" not in done.stderr
    assert "Refused to" not in done.stderr


# Cross-origin requests


def preflight(client: FlaskClient, origin: str) -> dict[str, str]:
    headers = {"Origin": origin, "Access-Control-Request-Method": "PATCH"}
    return dict(client.options("/api/v1/angels/1", headers=headers).headers)


def test_no_other_origin_may_read_by_default(client: FlaskClient, auth_headers: dict[str, str]) -> None:
    response = client.get("/api/v1/angels", headers={**auth_headers, "Origin": REPORTS})
    assert [name for name in dict(response.headers) if name.startswith("Access-Control")] == []
    assert [name for name in preflight(client, REPORTS) if name.startswith("Access-Control")] == []


def test_the_origins_that_are_configured_may_read_and_no_others(
    app_of: Callable[..., Flask], auth_headers: dict[str, str]
) -> None:
    client = app_of(CORS_ORIGINS=f"{REPORTS}, http://localhost:3000").test_client()
    for origin in (REPORTS, "http://localhost:3000"):
        answer = client.get("/api/v1/angels", headers={**auth_headers, "Origin": origin})
        assert answer.headers["Access-Control-Allow-Origin"] == origin
        assert "ETag" in answer.headers["Access-Control-Expose-Headers"]
        assert "Origin" in answer.headers["Vary"]
        allowed = preflight(client, origin)
        assert allowed["Access-Control-Allow-Origin"] == origin
        assert "PATCH" in allowed["Access-Control-Allow-Methods"]
        assert "Authorization" in allowed["Access-Control-Allow-Headers"]
        # Tokens are in headers: a browser has nothing to send along by itself.
        assert "Access-Control-Allow-Credentials" not in allowed
    for origin in (
        "https://reports.example.com.evil.org",
        "https://evil.org",
        "null",
        "http://reports.example.com",
        "",
    ):
        answer = client.get("/api/v1/angels", headers={**auth_headers, "Origin": origin})
        assert "Access-Control-Allow-Origin" not in answer.headers, origin
        assert "Origin" in answer.headers["Vary"]
        assert "Access-Control-Allow-Origin" not in preflight(client, origin), origin


def test_refusals_can_be_read_by_the_pages_of_configured_origins(app_of: Callable[..., Flask]) -> None:
    client = app_of(CORS_ORIGINS=REPORTS).test_client()
    answer = client.get("/api/v1/angels", headers={"Origin": REPORTS})
    assert (answer.status_code, answer.headers["Access-Control-Allow-Origin"]) == (401, REPORTS)


@pytest.mark.parametrize(
    "origins", ["*", "https://a.example/", "a.example", "https://a.example/page", "null", "ftp://a"]
)
def test_what_is_no_origin_refuses_the_start(app_of: Callable[..., Flask], origins: str) -> None:
    with pytest.raises(ConfigurationError, match="CORS_ORIGINS"):
        app_of(CORS_ORIGINS=origins)


# Proxies


def seen_by(app: Flask, **headers: str) -> tuple[str | None, str]:
    """Return the address and the scheme that a request with these headers from 192.0.2.1 has for the application."""
    seen: list[tuple[str | None, str]] = []
    app.before_request(lambda: seen.append((request.remote_addr, request.scheme)))
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    app.test_client().get("/health/live", headers=given, environ_overrides={"REMOTE_ADDR": "192.0.2.1"})
    return seen[0]


CLAIMS = {
    "X_Forwarded_For": "203.0.113.66",
    "X_Forwarded_Proto": "https",
    "Forwarded": "for=203.0.113.66;proto=https",
    "X_Real_IP": "203.0.113.66",
    "X_Forwarded_Host": "evil.example",
    "X_Forwarded_Prefix": "/evil",
}


def test_what_a_stranger_says_to_be_forwarding_is_not_believed(app_of: Callable[..., Flask]) -> None:
    assert seen_by(app_of(), **CLAIMS) == ("192.0.2.1", "http")


def test_of_the_proxies_that_are_configured_the_last_is_believed(app_of: Callable[..., Flask]) -> None:
    app = app_of(TRUSTED_PROXY_HOPS="1")
    claimed = {"X_Forwarded_For": "203.0.113.66, 198.51.100.7", "X_Forwarded_Proto": "http, https"}
    assert seen_by(app, **claimed) == ("198.51.100.7", "https")


def test_of_two_proxies_the_one_before_the_last_saw_the_client(app_of: Callable[..., Flask]) -> None:
    claimed = {"X_Forwarded_For": "203.0.113.66, 198.51.100.7, 10.0.0.1", "X_Forwarded_Proto": "https, http"}
    assert seen_by(app_of(TRUSTED_PROXY_HOPS="2"), **claimed) == ("198.51.100.7", "https")


def test_a_made_up_address_does_not_get_round_the_limit_of_logins(app_of: Callable[..., Flask]) -> None:
    client = app_of(RATE_LIMIT_LOGINS_BY_ADDRESS="2").test_client()
    answers = [
        client.post(
            "/api/v1/auth/login",
            json={"username": f"nobody {number}", "password": "wrong"},
            headers={"X-Forwarded-For": f"203.0.113.{number}"},
        )
        for number in range(3)
    ]
    assert [answer.status_code for answer in answers] == [401, 401, 429]


def test_only_behind_tls_browsers_are_told_to_insist_on_it(app_of: Callable[..., Flask]) -> None:
    behind = app_of(TRUSTED_PROXY_HOPS="1").test_client()
    secure = behind.get("/health/live", headers={"X-Forwarded-Proto": "https"})
    assert secure.headers["Strict-Transport-Security"].startswith("max-age=63072000")
    for client, proto in ((behind, "http"), (app_of().test_client(), "https")):
        plain = client.get("/health/live", headers={"X-Forwarded-Proto": proto})
        assert "Strict-Transport-Security" not in plain.headers


def test_gunicorn_itself_believes_nobody() -> None:
    # By default it believes what comes from this machine. In a process of its own, which it prepares to serve.
    show = "from src import gunicorn_conf as c; print([c.forwarded_allow_ips, c.secure_scheme_headers])"
    done = subprocess.run([sys.executable, "-c", show], capture_output=True, text=True, check=True)
    assert done.stdout == "['', {}]\n"


def test_the_defaults_are_closed() -> None:
    settings: Settings = load_settings({"PATH": os.environ["PATH"]})
    assert settings.cors_origins == ()
    assert settings.trusted_proxy_hops == 0
