"""A deploy without an interruption: the code before the newest migration works on the schema after it."""

from __future__ import annotations

import http.client
import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg
import pytest

from src.app import create_app
from src.config import load_settings
from src.embedded.ports import free_port
from src.embedded.supervisor import Servers
from tests.compose import ROOT
from tests.e2e.running import wait_for
from tests.integration.api.sending import CSV, HEADER
from tests.unmeasured import UNMEASURED

pytestmark = pytest.mark.e2e
PASSWORD = "the admin's password"
SECRET = "of the tests, and 32 bytes long or more"


def git(*arguments: str) -> bytes:
    """Return what git says; skips the test where this is no clone with its history."""
    if not shutil.which("git"):
        pytest.skip("no git on this machine")
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, check=False)
    if done.returncode:
        pytest.skip(f"no history here: {done.stderr.decode().strip()}")
    return done.stdout


@pytest.fixture(scope="module")
def old_code(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the code of this branch before the newest migration came to it, by a commit or a merge."""
    newest = max(path.name for path in (ROOT / "migrations").glob("[0-9]*.py"))
    commits = git("log", "--first-parent", "-m", "--diff-filter=A", "--format=%H", "--", f"migrations/{newest}").split()
    if not commits:
        pytest.skip("the newest migration is not committed, or the clone is shallow")
    archive = git("archive", f"{commits[-1].decode()}^", "src", "migrations")
    folder = tmp_path_factory.mktemp("old code")
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        tar.extractall(folder, filter="data")
    assert not (folder / "migrations" / newest).exists()
    return folder


class Deploy:
    """Old code and new schema."""

    def __init__(self, environment: dict[str, str], folder: Path) -> None:
        # What it would count as lines of today's code are others.
        self.env = {**os.environ, **UNMEASURED, **environment}
        self.folder = folder
        self.port = int(environment["PORT"])
        self.headers: dict[str, str] = {}

    def flask(self, *arguments: str) -> None:
        """Run a command of the old code."""
        command = [sys.executable, "-m", "flask", "--app", "src.app", *arguments]
        done = subprocess.run(command, cwd=self.folder, env=self.env, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stdout + done.stderr

    def flask_of_today(self, *arguments: str) -> None:
        """Run a command of the new code, in this process."""
        done = create_app(load_settings(self.env)).test_cli_runner().invoke(args=arguments)
        assert done.exit_code == 0, done.output

    def call(self, method: str, path: str, body: Any = None, kind: str = "application/json") -> tuple[int, Any]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        connection.request(method, path, data, self.headers | ({"Content-Type": kind} if data else {}))
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        return answer.status, json.loads(text) if text else None

    def answers(self) -> bool:
        with suppress(OSError, http.client.HTTPException):
            return self.call("GET", "/health/live")[0] == 200
        return False


@pytest.fixture(scope="module")
def deploy(old_code: Path, servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deploy]:
    with psycopg.connect(str(servers.database_url), autocommit=True) as connection:
        connection.execute("drop database if exists upgraded with (force)")
        connection.execute("create database upgraded")
    folder = tmp_path_factory.mktemp("upgraded")
    environment = {
        "DATABASE_URL": str(servers.database_url).rpartition("/")[0] + "/upgraded",
        "REDIS_URL": str(servers.redis_url).rpartition("/")[0] + "/6",
        "DATA_DIR": str(folder),
        "JWT_SECRET_KEY": SECRET,
        "ADMIN_USERNAME": "admin",
        "ADMIN_PASSWORD": PASSWORD,
        "PORT": str(free_port()),
        "WEB_WORKERS": "1",
    }
    deploy = Deploy(environment, old_code)
    deploy.flask("db", "upgrade")
    deploy.flask("users", "ensure-admin")
    with (folder / "web.log").open("wb") as log:
        process = subprocess.Popen([sys.executable, "-m", "src.app"], cwd=old_code, env=deploy.env, stderr=log)
    try:
        wait_for(deploy.answers, 180)
        login = {"username": "admin", "password": PASSWORD}
        status, answer = deploy.call("POST", "/api/v1/auth/login", login)
        assert status == 200
        deploy.headers["Authorization"] = f"Bearer {answer['access_token']}"
        yield deploy
    finally:
        process.terminate()
        process.wait(120)


def write_records(deploy: Deploy, number: int) -> None:
    record = {"id_cliente": number, "angel": "Ana", "polo": "SP - SANTOS", "data_limite": "2021-06-30"}
    status, made = deploy.call("POST", "/api/v1/atendimento", record)
    assert status == 201, made
    own = f"/api/v1/atendimento/{made['id']}"
    status, changed = deploy.call("PATCH", own, {"data_de_atendimento": "2021-06-29T10:00:00"})
    assert (status, changed["on_time"]) == (200, True)
    assert deploy.call("GET", f"/api/v1/atendimento?id_cliente={number}")[1]["data"] == [changed]
    assert deploy.call("DELETE", own)[0] == 204


def work(deploy: Deploy, number: int) -> None:
    """Log in, write, read, upload and import by the old code."""
    assert deploy.call("POST", "/api/v1/auth/login", {"username": "admin", "password": PASSWORD})[0] == 200
    if "/api/v1/atendimento" in deploy.call("GET", "/openapi.json")[1]["paths"]:
        write_records(deploy, number)
    status, sent = deploy.call("POST", "/api/v1/imports", CSV + f"{number}".encode(), "text/csv")
    assert status == 202, sent
    assert deploy.call("GET", f"/api/v1/imports/{sent['id']}")[1]["status"] == "queued"
    assert deploy.call("POST", f"/api/v1/imports/{sent['id']}/cancel")[0] == 202
    file = Path(deploy.env["DATA_DIR"]) / f"{number}.csv"
    rows = [f"{number}{n};{number};Bia;SP - SANTOS;30/06/2021;29/06/2021 10:00" for n in range(50)]
    file.write_text("\n".join([HEADER, *rows]))
    deploy.flask("import", str(file))
    assert deploy.call("GET", "/api/v1/indicators/productivity")[1]["data"][0]["total"] >= 50
    deploy.flask("verify")


def test_the_old_code_works_before_during_and_after_the_upgrade(deploy: Deploy) -> None:
    work(deploy, 1001)
    deploy.flask_of_today("db", "upgrade")
    work(deploy, 1002)
    deploy.flask_of_today("verify")
    deploy.flask_of_today("indicators", "sla-polo")
