"""The web server over real sockets: slow ones keep nobody waiting, and a stop or a replaced worker loses no request."""

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
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import psycopg
import pytest
from flask import Flask

from src.config import Settings
from src.database import database_url
from src.embedded.ports import free_port
from tests.e2e.running import ROOT, wait_for
from tests.integration.api.sending import CSV

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("web")]  # one server is started once
THREADS = 4
Web = Callable[..., "Server"]


class Server:
    """gunicorn with two processes of four threads."""

    def __init__(self, environment: dict[str, str], log: Path, *options: str) -> None:
        self.port = free_port()
        self.log = log
        given = {"PORT": str(self.port), "WEB_WORKERS": "2", "WEB_THREADS": str(THREADS)}
        command = [sys.executable, "-m", "gunicorn", "-c", "python:src.gunicorn_conf", *options, "src.app:app"]
        with log.open("wb") as out:
            self.process = subprocess.Popen(command, cwd=ROOT, env=os.environ | environment | given, stderr=out)

    def get(self, path: str, headers: dict[str, str], timeout: float = 10) -> int:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        answer.read()
        connection.close()
        return answer.status

    def answers(self) -> bool:
        with suppress(OSError, http.client.HTTPException):
            return self.get("/health/live", {}) == 200
        return False

    def events(self) -> list[str]:
        return [json.loads(line)["event"] for line in self.log.read_text().splitlines()]

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(40)


@pytest.fixture(autouse=True)
def empty(app: Flask, settings: Settings) -> None:
    """Users, records and imports are forgotten, and what was uploaded for them."""
    with psycopg.connect(database_url(settings), autocommit=True) as connection:
        connection.execute("truncate app_user, import, import_rejection, atendimento cascade")
    for path in settings.upload_dir.glob("*"):
        path.unlink()


@pytest.fixture(scope="module")
def server(environment: dict[str, str], app: Flask, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One for all who neither stop it nor want it otherwise."""
    server = Server(environment, tmp_path_factory.mktemp("web") / "web.log")
    try:
        wait_for(server.answers, 60)
        yield server
    finally:
        server.stop()


@pytest.fixture
def web(environment: dict[str, str], app: Flask, tmp_path: Path) -> Iterator[Web]:
    with ExitStack() as ends:

        def start(*options: str) -> Server:
            server = Server(environment, tmp_path / "web.log", *options)
            ends.callback(lambda: server.process.poll() is None and server.stop())
            wait_for(server.answers, 60)
            return server

        yield start


@contextmanager
def slow_upload(port: int, headers: dict[str, str]) -> Iterator[socket.socket]:
    """An upload that has begun and does not go on."""
    with socket.create_connection(("127.0.0.1", port), 30) as connection:
        lines = {"Host": "x", "Content-Type": "text/csv", "Content-Length": str(len(CSV)), **headers}
        head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        connection.sendall(f"POST /api/v1/imports HTTP/1.1\r\n{head}\r\n".encode() + CSV[:20])
        yield connection


def finish(connection: socket.socket) -> int:
    connection.sendall(CSV[20:])
    response = http.client.HTTPResponse(connection)
    response.begin()
    response.read()
    return response.status


def test_a_connection_that_never_rests_makes_room_for_others(web: Web) -> None:
    server, asked, found = web("--workers", "1", "--threads", "1"), 5000, bytearray()
    with socket.create_connection(("127.0.0.1", server.port), 60) as restless:

        def read() -> None:
            with suppress(ConnectionResetError):  # what was asked after the last answer is lost
                while block := restless.recv(65536):
                    found.extend(block)

        reader = threading.Thread(target=read)
        reader.start()
        restless.sendall(b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n" * asked)
        assert server.get("/health/live", {}, 60) == 200
        # Either the two took turns, or the first was closed after an answer.
        assert found.count(b"HTTP/1.1 200") < asked
        restless.shutdown(socket.SHUT_RDWR)
        reader.join()


def test_clients_that_never_close_their_end_keep_nobody_waiting(server: Server) -> None:
    with ExitStack() as connections:
        for _ in range(6 * THREADS):  # each of them would hold up a whole process for two seconds
            connection = connections.enter_context(socket.create_connection(("127.0.0.1", server.port)))
            connection.sendall(b"GET /health/live HTTP/1.0\r\n\r\n")
        assert server.get("/health/live", {}, 15) == 200


def test_a_stop_lets_requests_under_way_finish(web: Web, auth_headers: dict[str, str], upload_folder: Path) -> None:
    server = web()
    with slow_upload(server.port, auth_headers) as connection:
        wait_for(lambda: list(upload_folder.glob("*.part")))
        server.process.send_signal(signal.SIGTERM)
        wait_for(lambda: not server.answers())
        assert finish(connection) in (200, 202)
    assert server.process.wait(40) == 0
    lines = [json.loads(line) for line in server.log.read_text().splitlines()]
    assert [line["status"] in (200, 202) for line in lines if line.get("method") == "POST"] == [True]


def test_workers_that_have_served_their_time_are_replaced_and_no_request_fails(
    web: Web, auth_headers: dict[str, str]
) -> None:
    server = web("--max-requests", "40", "--max-requests-jitter", "10")
    assert {server.get("/api/v1/atendimento/total", auth_headers) for _ in range(300)} == {200}
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    for _ in range(100):  # kept alive where the server lets it
        connection.request("GET", "/api/v1/atendimento/total", headers=auth_headers)
        answer = connection.getresponse()
        assert (answer.status, json.loads(answer.read())) == (200, {"total": 0})
    connection.close()
    assert sum(event.startswith("Booting worker") for event in server.events()) > 5
    assert not [event for event in server.events() if re.search("(?i)error|traceback", event)]
