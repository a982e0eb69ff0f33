"""`flask users ensure-admin`."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from click.testing import Result
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from src.app import create_app
from src.config import Settings, load_settings
from src.extensions import db
from src.models import User
from tests.unmeasured import UNMEASURED

ROOT = Path(__file__).parents[3]
COMMAND = ["users", "ensure-admin"]


def run(app: Flask) -> Result:
    return app.test_cli_runner().invoke(args=COMMAND)


def test_several_at_once_make_one_admin_who_can_log_in(
    app: Flask, client: FlaskClient, environment: dict[str, str]
) -> None:
    command = [sys.executable, "-m", "flask", "--app", "src.app", *COMMAND]
    env = {**os.environ, **environment, **UNMEASURED}
    started = [subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    said = sorted(process.communicate(timeout=60)[0] for process in started)
    assert [process.returncode for process in started] == [0, 0, 0]
    assert said == ["User admin created, role admin.\n", *["User admin is there already.\n"] * 2]
    with app.app_context():
        assert db.session.scalars(select(User.role)).all() == ["admin"]
    credentials = {"username": "admin", "password": environment["ADMIN_PASSWORD"]}
    assert client.post("/api/v1/auth/login", json=credentials).get_json()["user"]["role"] == "admin"


def test_a_second_time_the_admin_is_left_alone(app: Flask, app_with: Callable[..., Flask]) -> None:
    def hashes() -> list[str]:
        with app.app_context():
            return list(db.session.scalars(select(User.password_hash)))

    assert run(app).output == "User admin created, role admin.\n"
    first = hashes()
    assert run(app_with(admin_password="another")).output == "User admin is there already.\n"
    assert hashes() == first


def test_without_a_password_it_says_what_to_set(environment: dict[str, str]) -> None:
    refused = run(create_app(load_settings({**os.environ, **environment, "ADMIN_PASSWORD": ""})))
    assert refused.stderr == "Error: Set ADMIN_USERNAME and ADMIN_PASSWORD (or ADMIN_PASSWORD_FILE).\n"
    assert refused.exit_code == 1


def test_without_a_database_it_says_so(settings: Settings) -> None:
    nowhere = create_app(replace(settings, database_url="postgresql://nobody@127.0.0.1:1/none"))
    refused = run(nowhere)
    assert refused.stderr.startswith("Error: The database can't be used:")
    assert refused.exit_code == 1
