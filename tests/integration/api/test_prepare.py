"""`flask db prepare`, which a container runs before the service starts: it says everything in the log."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient

from tests.unmeasured import UNMEASURED

ROOT = Path(__file__).parents[3]


def prepare(**environment: str) -> tuple[int, list[dict[str, Any]]]:
    """Return the exit code and the lines of the log, each of which must be JSON; nothing may be on stdout."""
    done = subprocess.run(
        [sys.executable, "-m", "flask", "--app", "src.app", "db", "prepare"],
        cwd=ROOT,
        env={**os.environ, **UNMEASURED, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == ""
    return done.returncode, [json.loads(line) for line in done.stderr.splitlines()]


def test_it_makes_the_admin_once_who_can_log_in(app: Flask, client: FlaskClient, environment: dict[str, str]) -> None:
    exit_codes, said = zip(*(prepare(**environment) for _ in range(2)), strict=True)
    assert exit_codes == (0, 0)
    assert [lines[-1]["event"] for lines in said] == ["admin_created", "admin_exists"]
    assert [lines[-2]["event"] for lines in said] == ["database_migrated"] * 2
    credentials = {"username": "admin", "password": environment["ADMIN_PASSWORD"]}
    assert client.post("/api/v1/auth/login", json=credentials).get_json()["user"]["role"] == "admin"


def test_without_a_database_it_fails_with_a_sentence(environment: dict[str, str]) -> None:
    exit_code, said = prepare(**{**environment, "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"})
    assert exit_code == 1
    assert said[-1]["event"] == "preparation_failed"
    assert said[-1]["error"].startswith("The database can't be used")


def test_a_wrong_setting_is_a_line_of_the_log_too(environment: dict[str, str]) -> None:
    exit_code, said = prepare(**{**environment, "PORT": "none"})
    assert exit_code == 1
    assert [line["event"] for line in said] == ["configuration_wrong"]
    assert "PORT" in said[0]["error"]
