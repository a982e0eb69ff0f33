"""What the demonstration says where the API answers something else than it hopes for."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from flask import Flask

from src.cli.demo import main
from src.embedded.ports import free_port
from src.services.users import ensure_admin
from tests.integration.api.server import web_server
from tests.unmeasured import UNMEASURED

pytestmark = pytest.mark.xdist_group("demo")  # its server is started once


class Gateway(BaseHTTPRequestHandler):
    """A proxy whose service is away, and which knows no problem+json."""

    def do_POST(self) -> None:
        self.send_error(502, "Bad Gateway")

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


@pytest.fixture(scope="module")
def port(environment: dict[str, str]) -> Iterator[int]:
    """The port of a server that takes small files only."""
    with web_server(environment, MAX_UPLOAD_BYTES="100", **UNMEASURED) as port:
        yield port


@pytest.fixture
def told(
    app: Flask,
    environment: dict[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Callable[..., str]:
    """Run the demonstration against a port, which must fail, and return what it says."""

    with app.app_context():
        ensure_admin(environment["ADMIN_USERNAME"], environment["ADMIN_PASSWORD"])

    def run(port: int, password: str = environment["ADMIN_PASSWORD"]) -> str:
        monkeypatch.setenv("ADMIN_USERNAME", environment["ADMIN_USERNAME"])
        monkeypatch.setenv("ADMIN_PASSWORD", password)
        monkeypatch.setenv("COLUMNS", "500")
        assert main([f"http://127.0.0.1:{port}", str(tmp_path), "10"]) == 1
        return capsys.readouterr().out

    return run


def test_a_wrong_password_is_told(told: Callable[..., str], port: int) -> None:
    assert told(port, "not the password").startswith("POST /api/v1/auth/login: 401 ")


def test_a_file_that_is_refused_is_told_with_the_reason(told: Callable[..., str], port: int) -> None:
    said = told(port).splitlines()
    assert said[0].startswith("Writing a sample of 10 rows to ")
    assert said[1] == "POST /api/v1/imports: 413 The file is larger than the limit of 100 bytes."


def test_an_api_that_is_away_is_told(told: Callable[..., str]) -> None:
    assert "Connection refused" in told(free_port())


def test_what_is_no_problem_json_is_shown_as_it_is(told: Callable[..., str]) -> None:
    with HTTPServer(("127.0.0.1", 0), Gateway) as gateway:
        threading.Thread(target=gateway.handle_request, daemon=True).start()
        assert "POST /api/v1/auth/login: 502 <!DOCTYPE HTML>" in told(gateway.server_port)
