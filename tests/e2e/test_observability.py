"""What the running service tells of itself: its log, its figures, and whether it can work."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest

from src.embedded.ports import free_port
from src.embedded.supervisor import Servers
from tests.e2e.running import ROOT, wait_for
from tests.integration.api.sending import CSV

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("observability")]  # started once
DATABASE, PASSWORD = "observed", "the secret of the database"
ADMIN_PASSWORD, WRONG_PASSWORD = "the admin's own password", "a password that is wrong"
CELERY = ("-m", "celery", "--quiet", "-A", "src.app.celery")


class Wire:
    """A wire to the broker that can be cut without either end noticing."""

    def __init__(self, target: tuple[str, int]) -> None:
        self._target = target
        self._open = threading.Event()
        self._open.set()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        self._open.clear()

    def mend(self) -> None:
        self._open.set()

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                here, _ = self._listener.accept()
                there = socket.create_connection(self._target)
                for pair in ((here, there), (there, here)):
                    threading.Thread(target=self._pump, args=pair, daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError), source, sink:
            while data := source.recv(65536):
                self._open.wait()
                sink.sendall(data)


class Service:
    """The processes, each with a log of its own."""

    def __init__(self, folder: Path, env: dict[str, str]) -> None:
        self.folder, self.env = folder, env
        self.port = int(env["PORT"])
        self.headers: dict[str, str] = {}
        self.worker_env: dict[str, str] = {}
        self.worker: subprocess.Popen[bytes]

    def start_worker(self) -> None:
        self.worker = self.start("worker", *CELERY, "worker", "--concurrency", "1", **self.worker_env)

    def is_ready_again(self) -> bool:
        """Whether nothing is missing. As a supervisor would, starts the worker again where it has ended."""
        if self.worker.poll() is not None:
            self.start_worker()
        return self.missing() == []

    def start(self, name: str, *argv: str, **env: str) -> subprocess.Popen[bytes]:
        with (self.folder / f"{name}.log").open("ab") as log:
            command = [sys.executable, *argv]
            environment = {**os.environ, **self.env, **env}
            return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log, start_new_session=True)

    def text(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text(encoding="utf-8")

    def lines(self, name: str) -> list[dict[str, Any]]:
        """The lines of a log; fails for one that is no JSON."""
        return [json.loads(line) for line in self.text(name).splitlines()]

    def call(self, method: str, path: str, body: bytes | None = None, **headers: str) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, body, self.headers | given)
        answer = connection.getresponse()
        found = answer.status, answer.read()
        connection.close()
        return found

    def log_in(self, password: str) -> tuple[int, bytes]:
        body = json.dumps({"username": "admin", "password": password}).encode()
        return self.call("POST", "/api/v1/auth/login", body, Content_Type="application/json")

    def missing(self) -> list[str]:
        status, body = self.call("GET", "/health/ready")
        return [] if status == 200 else list(json.loads(body)["errors"])

    def figures(self) -> dict[str, float]:
        status, body = self.call("GET", "/metrics")
        assert status == 200
        samples = [line.rpartition(" ") for line in body.decode().splitlines() if not line.startswith("#")]
        return {name: float(value) for name, _, value in samples}


def end(process: subprocess.Popen[bytes], number: int = signal.SIGTERM) -> int:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGCONT)
    process.send_signal(number)
    try:
        return process.wait(120)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


@pytest.fixture(scope="module")
def wire(servers: Servers) -> Iterator[Wire]:
    url = urlsplit(str(servers.redis_url))
    wire = Wire((str(url.hostname), int(url.port or 0)))
    yield wire
    wire.close()


@pytest.fixture(scope="module")
def environment_here(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A database of its own with a user whose password is known, and a numbered database of the broker."""
    url = urlsplit(str(servers.database_url))
    with psycopg.connect(str(servers.database_url), autocommit=True) as connection:
        connection.execute(f"drop database if exists {DATABASE} with (force)")
        connection.execute(f"drop role if exists {DATABASE}")
        connection.execute(f"create role {DATABASE} login superuser password '{PASSWORD}'")
        connection.execute(f"create database {DATABASE} owner {DATABASE}")
    place = f"{url.hostname}:{url.port}/{DATABASE}"
    return {
        "DATABASE_URL": f"postgresql://{DATABASE}:{PASSWORD.replace(' ', '%20')}@{place}",
        "REDIS_URL": str(servers.redis_url).rpartition("/")[0] + "/5",
        "DATA_DIR": str(tmp_path_factory.mktemp("observed-data")),
        "JWT_SECRET_KEY": "the key that signs tokens, which nobody may see",
        "ADMIN_USERNAME": "admin",
        "ADMIN_PASSWORD": ADMIN_PASSWORD,
        "PORT": str(free_port()),
        "WEB_WORKERS": "2",
        "SWEEP_SECONDS": "2",
        "REMAP_SIGTERM": "SIGQUIT",
    }


@pytest.fixture(scope="module")
def service(
    environment_here: dict[str, str], wire: Wire, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    service = Service(tmp_path_factory.mktemp("observed"), environment_here)
    for argv in (("db", "upgrade"), ("users", "ensure-admin")):
        assert service.start("migrate", "-m", "flask", "--app", "src.app", *argv).wait(120) == 0
    by_wire = urlsplit(environment_here["REDIS_URL"])
    place = f"{by_wire.netloc.rpartition('@')[0]}@127.0.0.1:{wire.port}" if by_wire.password else f":{wire.port}"
    service.worker_env = {"REDIS_URL": by_wire._replace(netloc=place).geturl()}
    with ExitStack() as ends:
        service.start_worker()
        ends.callback(lambda: end(service.worker))
        schedule = f"{service.folder}/schedule"
        ends.callback(end, service.start("beat", *CELERY, "beat", "--pidfile", "", "--schedule", schedule))
        ends.callback(end, service.start("web", "-m", "src.app"))
        wait_for(lambda: answers(service), 60)
        wait_for(lambda: service.missing() == [], 60)
        yield service


def answers(service: Service) -> bool:
    with suppress(OSError, http.client.HTTPException):
        return service.call("GET", "/health/live")[0] == 200
    return False


@pytest.fixture(scope="module")
def import_id(service: Service) -> int:
    """A run with all that could spill a secret: logins, tokens, an upload with a request id, refusals."""
    assert service.log_in(WRONG_PASSWORD)[0] == 401
    status, body = service.log_in(ADMIN_PASSWORD)
    assert status == 200
    token = json.loads(body)["access_token"]
    assert service.call("GET", "/api/v1/imports", Authorization=f"Bearer {token}x")[0] == 401
    service.headers["Authorization"] = f"Bearer {token}"
    status, body = service.call("POST", "/api/v1/imports", CSV, Content_Type="text/csv", X_Request_ID="the-upload")
    assert status == 202, body
    found: int = json.loads(body)["id"]

    def is_completed() -> bool:
        return bool(json.loads(service.call("GET", f"/api/v1/imports/{found}")[1])["status"] == "completed")

    wait_for(is_completed)
    return found


def test_each_line_of_each_process_has_one_shape(service: Service, import_id: int) -> None:
    for name in ("web", "worker", "beat"):
        lines = service.lines(name)
        assert lines, name
        for line in lines:
            assert {"event", "level", "timestamp"} <= set(line), (name, line)
    migrations = [json.loads(line) for line in service.text("migrate").splitlines() if line.startswith("{")]
    assert [line for line in migrations if line["event"].startswith("Running upgrade")]


def test_an_import_s_lines_carry_the_request_that_uploaded_it(service: Service, import_id: int) -> None:
    for name, events in (("web", {"import_received", "request"}), ("worker", {"import_started", "import_completed"})):
        found = [line for line in service.lines(name) if line.get("request_id") == "the-upload"]
        assert {line["event"] for line in found} == events
        assert {line["import_id"] for line in found} == {import_id}


def test_one_task_s_request_is_not_the_next_one_s(service: Service, import_id: int) -> None:
    swept = [line for line in service.lines("worker") if line.get("task") == "imports.sweep"]
    assert not [line for line in swept if line.get("request_id") == "the-upload"]


def test_no_secret_is_in_a_log(service: Service, import_id: int) -> None:
    elsewhere = service.env["DATABASE_URL"].rpartition("/")[0] + "/postgres"
    with psycopg.connect(elsewhere, autocommit=True) as connection:
        # An exception of the driver, with all that it knows, in web and worker.
        connection.execute(f"alter database {DATABASE} with allow_connections false")
        connection.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where datname = %s and pid <> pg_backend_pid()",
            [DATABASE],
        )
        try:
            assert service.call("GET", "/api/v1/imports")[0] == 503
            wait_for(lambda: "not currently accepting connections" in service.text("worker"))
        finally:
            connection.execute(f"alter database {DATABASE} with allow_connections true")
    assert service.call("GET", "/api/v1/imports")[0] == 200
    assert "OperationalError" in service.text("web")
    secrets = [PASSWORD, PASSWORD.replace(" ", "%20"), ADMIN_PASSWORD, WRONG_PASSWORD, service.env["JWT_SECRET_KEY"]]
    secrets += [service.headers["Authorization"].split()[1], str(urlsplit(service.env["REDIS_URL"]).password), "argon2"]
    for name in ("web", "worker", "beat", "migrate"):
        text = service.text(name)
        assert [secret for secret in secrets if secret in text] == [], name
        assert not re.search(r"eyJ[\w-]+\.", text), name


def test_the_figures_are_those_of_all_processes_together(service: Service, import_id: int) -> None:
    route = 'indicators_http_requests_total{method="GET",route="/api/v1/imports",status="200"}'
    before = service.figures().get(route, 0)
    for _ in range(40):
        service.call("GET", "/api/v1/imports")
    # A request is counted when its answer has been sent, which the last one's client doesn't wait for.
    wait_for(lambda: service.figures()[route] >= before + 40)
    found = [service.figures() for _ in range(6)]
    assert {figures[route] for figures in found} == {before + 40}
    # The one before is under way until its connection is closed, which we don't see.
    wait_for(lambda: service.figures()["indicators_http_requests_in_flight"] == 1)
    assert found[-1]["indicators_database_pool_limit"] == 20
    assert found[-1]['indicators_imports{status="completed"}'] == 1
    assert found[-1]["indicators_worker_silence_seconds"] < 60


def test_a_worker_that_is_replaced_goes_on_counting(service: Service, import_id: int) -> None:
    route = 'indicators_http_requests_total{method="POST",route="/api/v1/imports",status="202"}'
    before = service.figures()[route]
    folder = Path(service.env["DATA_DIR"]) / "run" / "metrics"
    files = {path.name for path in folder.rglob("*.db")}
    booted = [line["event"] for line in service.lines("web") if "Booting worker" in line["event"]]
    for event in booted:
        os.kill(int(event.rpartition(" ")[2]), signal.SIGKILL)
    wait_for(lambda: service.text("web").count("Booting worker") >= 2 * len(booted))
    wait_for(lambda: answers(service))
    wait_for(lambda: service.figures()["indicators_database_pool_limit"] == 20)
    wait_for(lambda: service.figures()["indicators_http_requests_in_flight"] == 1)
    assert service.figures()[route] == before
    assert {path.name for path in folder.rglob("*.db")} <= files | {"counter_1.db", "histogram_1.db"}


def frozen(service: Service) -> tuple[Callable[[], None], Callable[[], None]]:
    pid = service.worker.pid
    return lambda: os.killpg(pid, signal.SIGSTOP), lambda: os.killpg(pid, signal.SIGCONT)


def deaf(wire: Wire) -> tuple[Callable[[], None], Callable[[], None]]:
    return wire.cut, wire.mend


@pytest.mark.parametrize("kind", ["stopped", "deaf"])
def test_a_worker_that_lives_but_takes_no_task_is_not_ready(service: Service, wire: Wire, kind: str) -> None:
    begin, over = frozen(service) if kind == "stopped" else deaf(wire)
    wait_for(lambda: service.missing() == [], 60)
    begin()
    try:
        wait_for(lambda: service.missing() == ["worker"], 90)
    finally:
        over()
    wait_for(service.is_ready_again, 90)


def test_a_worker_with_its_hands_full_is_ready(service: Service) -> None:
    begin, over = frozen(service)
    wait_for(lambda: service.missing() == [], 60)
    begin()
    with psycopg.connect(service.env["DATABASE_URL"], autocommit=True) as connection:
        try:
            wait_for(lambda: service.missing() == ["worker"], 90)
            connection.execute(
                "update import set status = 'running', lease_expires_at = now() + interval '1 minute' where id = 1"
            )
            assert service.missing() == []
        finally:
            connection.execute("update import set status = 'completed', lease_expires_at = null where id = 1")
            over()
    wait_for(service.is_ready_again, 90)


def test_nothing_is_left_of_the_figures_when_the_server_has_ended(service: Service) -> None:
    port = str(free_port())
    other = service.start("other", "-m", "src.app", PORT=port)
    folder = Path(service.env["DATA_DIR"]) / "run" / "metrics"
    mine = f"-{other.pid}"
    wait_for(lambda: any(path.name.endswith(mine) for path in folder.iterdir()))
    wait_for(lambda: "Booting worker" in service.text("other"))
    assert end(other) == 0
    assert [path.name for path in folder.iterdir() if path.name.endswith(mine)] == []
