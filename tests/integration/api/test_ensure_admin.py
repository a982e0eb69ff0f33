"""`flask users ensure-admin`."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from src.extensions import db
from src.models import User

ROOT = Path(__file__).parents[3]
COMMAND = [sys.executable, "-m", "flask", "--app", "src.app", "users", "ensure-admin"]


def start(environment: dict[str, str], **changes: str) -> subprocess.Popen[str]:
    env = {**os.environ, **environment, **changes}
    return subprocess.Popen(COMMAND, cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_several_at_once_make_one_admin_who_can_log_in(
    app: Flask, client: FlaskClient, environment: dict[str, str]
) -> None:
    started = [start(environment) for _ in range(3)]
    said = sorted(process.communicate(timeout=60)[0] for process in started)
    assert [process.returncode for process in started] == [0, 0, 0]
    assert said == ["User admin created, role admin.\n", *["User admin is there already.\n"] * 2]
    with app.app_context():
        assert db.session.scalars(select(User.role)).all() == ["admin"]
    credentials = {"username": "admin", "password": environment["ADMIN_PASSWORD"]}
    assert client.post("/api/v1/auth/login", json=credentials).get_json()["user"]["role"] == "admin"


def test_a_second_time_the_admin_is_left_alone(app: Flask, environment: dict[str, str]) -> None:
    def hashes() -> list[str]:
        with app.app_context():
            return list(db.session.scalars(select(User.password_hash)))

    start(environment).communicate(timeout=60)
    first = hashes()
    start(environment, ADMIN_PASSWORD="another").communicate(timeout=60)
    assert hashes() == first


def test_without_a_password_it_says_what_to_set(environment: dict[str, str]) -> None:
    process = start(environment, ADMIN_PASSWORD="")
    said = process.communicate(timeout=60)[1]
    assert said == "Error: Set ADMIN_USERNAME and ADMIN_PASSWORD (or ADMIN_PASSWORD_FILE).\n"
    assert process.returncode == 1


def test_without_a_database_it_says_so(environment: dict[str, str]) -> None:
    process = start(environment, DATABASE_URL="postgresql://nobody@127.0.0.1:1/none")
    assert process.communicate(timeout=60)[1].startswith("Error: The database can't be used:")
    assert process.returncode == 1
