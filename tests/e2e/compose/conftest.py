"""What docker-compose.yml would run, run here: its commands and environments behind the real nginx with nginx.conf."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from src.embedded.supervisor import Servers
from tests.e2e.compose.containers import Host
from tests.e2e.compose.service import CSV, DATABASE, LIMIT, NAME, PASSWORD, Service, started
from tests.e2e.running import wait_for

HERE = Path(__file__).parent
MARKS = (
    pytest.mark.e2e,
    pytest.mark.xdist_group("compose"),  # started once
    pytest.mark.skipif(not shutil.which("nginx", path="/usr/sbin:/usr/bin"), reason="nginx is not installed"),
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark all tests of this folder."""
    for item in items:
        if HERE in item.path.parents:
            for mark in MARKS:
                item.add_marker(mark)


@pytest.fixture(scope="package")
def service(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """Everything, migrated, with an import done; whose password was made has logged in, and made the user that asks."""
    assert servers.database_url
    with psycopg.connect(servers.database_url, autocommit=True) as connection:
        connection.execute(f"drop database if exists {DATABASE} with (force)")
        connection.execute(f"create database {DATABASE}")
    database_url = servers.database_url.rpartition("/")[0] + f"/{DATABASE}"
    redis_url = str(servers.redis_url).rpartition("/")[0] + "/7"
    environ = {
        "MAX_UPLOAD_BYTES": str(LIMIT),
        "WEB_WORKERS": "1",
        "WORKER_CONCURRENCY": "1",
        "OPEN_REGISTRATION": "true",
    }
    host = Host(tmp_path_factory.mktemp("compose"), environ, database_url, redis_url)
    with started(Service(host)) as running:
        running.log_in("admin", host.secret("admin_password"))
        # One of our own: the workspace, replayed, changes the admin's password and so ends the admin's other sessions.
        own = json.dumps({"username": NAME, "password": PASSWORD, "role": "admin"})
        assert running.call("POST", "/api/v1/users", own, Content_Type="application/json").status == 201
        running.log_in(NAME, PASSWORD)
        answer = running.upload(CSV)
        assert answer.status == 202, answer
        running.import_id = answer.json["id"]
        wait_for(lambda: running.get(f"/api/v1/imports/{running.import_id}").json["status"] == "completed")
        yield running


@pytest.fixture(autouse=True)
def both_run(service: Service) -> Iterator[None]:
    """Both webs run again when a test has ended, also one that failed while they were away."""
    yield
    service.restore_web()
