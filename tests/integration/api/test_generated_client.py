"""A client that openapi-python-client makes of the document: it compiles under strict checks, and works."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
from flask import Flask

from src.cli.docs import DOCS
from tests.unmeasured import UNMEASURED

NAME = "indicators_client"
# What a reader writes: it compiles only if the answers have types of their own.
PROGRAM = f"""
from {NAME} import AuthenticatedClient
from {NAME}.api.angels import list_angels
from {NAME}.api.indicators import productivity
from {NAME}.models.angel_page import AngelPage
from {NAME}.models.productivity import Productivity


def names(client: AuthenticatedClient) -> list[str]:
    page = list_angels.sync(client=client, limit=2)
    if not isinstance(page, AngelPage):
        raise ValueError(page)
    return [angel.nome for angel in page.data]


def business_days(client: AuthenticatedClient) -> int:
    answer = productivity.sync(client=client)
    if not isinstance(answer, Productivity):
        raise ValueError(answer)
    return answer.period.business_days
"""


def run(*argv: str, cwd: Path) -> str:
    done = subprocess.run(
        [sys.executable, *argv],
        cwd=cwd,
        env={**os.environ, **UNMEASURED, "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """The generated package, with the reader's program beside it."""
    (tmp_path / "config.yaml").write_text("post_hooks: []\n")
    generate = "import sys; from openapi_python_client.cli import app; app(sys.argv[1:])"
    options = ("--meta", "none", "--config", "config.yaml", "--output-path", NAME)
    run("-c", generate, "generate", "--path", str(DOCS / "openapi.json"), *options, cwd=tmp_path)
    (tmp_path / "program.py").write_text(PROGRAM)
    return tmp_path


@pytest.mark.timeout(300)
def test_it_compiles_under_strict_checks_and_works(
    package: Path, app: Flask, auth_headers: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    config = package / "mypy.ini"
    config.write_text("[mypy]\nstrict = true\n")
    run("-m", "mypy", "--config-file", str(config), "program.py", NAME, cwd=package)
    monkeypatch.syspath_prepend(str(package))
    program: Any = importlib.import_module("program")
    client = program.AuthenticatedClient(
        base_url="http://localhost",
        token=auth_headers["Authorization"].removeprefix("Bearer "),
        httpx_args={"transport": httpx.WSGITransport(app)},  # type: ignore[arg-type]
    )
    for nome in ("Ana", "Beatriz", "Carla"):
        app.test_client().post("/api/v1/angels", json={"nome": nome}, headers=auth_headers)
    assert program.names(client) == ["Ana", "Beatriz"]
    assert program.business_days(client) == 0  # without data there is no period
