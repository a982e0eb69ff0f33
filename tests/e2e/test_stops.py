"""A stop of the web server: what has begun is finished, whatever else happens at that moment.

`STOPS=100` makes more of them.
"""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path

import pytest

from src.embedded.ports import free_port
from tests.e2e.running import ROOT, wait_for

pytestmark = pytest.mark.e2e
STOPS = int(os.environ.get("STOPS", "4"))
BODY = b"x" * 100_000
MODULE = "tests.e2e.echo_app"
# Not imported from there: gunicorn's configuration makes the process that reads it one of a server's.
BEFORE_IT_LISTENS = "WAIT_FOR_A_SIGNAL"


class Server:
    """gunicorn with our worker, two processes of four threads, and a small application."""

    def __init__(self, folder: Path, **environ: str) -> None:
        self.port = free_port()
        self.log = folder / f"{self.port}.log"
        given = {"PORT": str(self.port), "WEB_WORKERS": "2", "WEB_THREADS": "4", "DATA_DIR": str(folder), **environ}
        command = [sys.executable, "-m", "gunicorn", "-c", f"python:{MODULE}", f"{MODULE}:app"]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(command, cwd=ROOT, env=os.environ | given, stderr=log)
        wait_for(self.listens)

    def listens(self) -> bool:
        with suppress(OSError):
            socket.create_connection(("127.0.0.1", self.port), 5).close()
            return True
        return False

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), 60)

    def boots(self) -> int:
        return self.log.read_text().count("Booting worker")


@contextmanager
def running(folder: Path, **environ: str) -> Iterator[Server]:
    server = Server(folder, **environ)
    try:
        yield server
    finally:
        if server.process.poll() is None:
            server.process.kill()
        print(server.log.read_text())


def begin_upload(server: Server) -> socket.socket:
    """Send a part of an upload; a thread has it when this returns."""
    connection = server.connect()
    head = f"POST /api/v1/imports HTTP/1.1\r\nHost: x\r\nContent-Length: {len(BODY)}\r\nExpect: 100-continue\r\n\r\n"
    connection.sendall(head.encode() + BODY[:10])
    assert connection.recv(25, socket.MSG_WAITALL) == b"HTTP/1.1 100 Continue\r\n\r\n"
    return connection


def answer(connection: socket.socket) -> tuple[int, bytes]:
    response = http.client.HTTPResponse(connection)
    response.begin()
    return response.status, response.read()


def keep_asking(server: Server, failures: list[str], ends: threading.Event) -> None:
    """Ask on one connection after the other; an answer that has begun must come to its end."""
    while not ends.is_set():
        client = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        with closing(client), suppress(ConnectionError, http.client.BadStatusLine):
            for _ in range(5):
                client.request("POST", "/", b"12345")
                response = client.getresponse()
                try:
                    assert (response.status, response.read()) == (200, b"5")
                except Exception as error:
                    failures.append(repr(error))
                if response.headers["Connection"] == "close":
                    break


@pytest.mark.parametrize("number", range(STOPS))
def test_a_stop_under_load_finishes_what_has_begun(tmp_path: Path, number: int) -> None:
    failures: list[str] = []
    ends = threading.Event()
    with running(tmp_path) as server, ExitStack() as connections:
        askers = [threading.Thread(target=keep_asking, args=[server, failures, ends]) for _ in range(4)]
        for asker in askers:
            asker.start()
        connections.callback(ends.set)
        half_sent = [connections.enter_context(server.connect()) for _ in range(4)]
        for connection in half_sent:
            connection.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Le")
        uploads = [connections.enter_context(begin_upload(server)) for _ in range(3)]
        server.process.send_signal(signal.SIGTERM)
        wait_for(lambda: not server.listens())
        for upload in uploads:
            upload.sendall(BODY[10:])
        for connection in half_sent:
            connection.sendall(b"ngth: 3\r\n\r\n123")
        assert [answer(upload) for upload in uploads] == [(200, b"100000")] * len(uploads)
        assert [answer(connection) for connection in half_sent] == [(200, b"3")] * len(half_sent)
        ends.set()
        for asker in askers:
            asker.join()
        assert server.process.wait(40) == 0
    assert failures == []
    assert "Traceback" not in server.log.read_text()


def test_a_worker_that_is_told_to_stop_before_it_listens_to_signals_stops(tmp_path: Path) -> None:
    """It served on, so after the grace period all were killed, with the requests that they had under way."""
    with running(tmp_path, **{BEFORE_IT_LISTENS: "1"}) as server:
        wait_for(lambda: server.boots() == 2)
        with begin_upload(server) as upload:
            server.process.send_signal(signal.SIGTERM)
            wait_for(lambda: not server.listens())
            upload.sendall(BODY[10:])
            assert answer(upload) == (200, b"100000")
        assert server.process.wait(40) == 0


def test_an_idle_connection_does_not_hold_up_a_stop(tmp_path: Path) -> None:
    with running(tmp_path) as server, ExitStack() as connections:
        for beginning in (b"", b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"):
            connections.enter_context(server.connect()).sendall(beginning)
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(15) == 0
