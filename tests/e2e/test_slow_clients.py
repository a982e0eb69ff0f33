"""Clients that send or read slowly, or not at all: they hold no thread, and everybody else is answered meanwhile."""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psycopg
import pytest
from flask import Flask

from src.config import Settings
from src.database import database_url
from src.gunicorn_connection import UPLOAD
from tests.e2e.running import wait_for
from tests.integration.api.sending import CSV
from tests.integration.api.server import web_server

# Its server, which gives a client up after 3 s, is started once. Eight threads: six long requests, four of them
# downloads.
pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("slow")]
THREADS, UPLOADS, DOWNLOADS = 8, 6, 4
LOGIN = "POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
HALF_SENT = {
    "no byte": b"",
    "half a line": b"GET /health/li",
    "half a head": b"GET /health/live HTTP/1.1\r\nHost: x\r\nX-Half: ",
    "half a body": f"{LOGIN}Content-Length: 100\r\n\r\n{{".encode(),
    "half a body after 100 Continue": f"{LOGIN}Content-Length: 100\r\nExpect: 100-continue\r\n\r\n{{".encode(),
    "half a chunk": f"{LOGIN}Transfer-Encoding: chunked\r\n\r\n40\r\n{{".encode(),
    "no next chunk": f"{LOGIN}Transfer-Encoding: chunked\r\n\r\n1\r\n{{\r\n".encode(),
    "half a trailer": f"{LOGIN}Transfer-Encoding: chunked\r\n\r\n2\r\n{{}}\r\n0\r\nX-Half: ".encode(),
    "half a body that is too large": f"{LOGIN}Content-Length: 5000000\r\n\r\n{{".encode(),
    "half a stranger's upload": b"POST /api/v1/imports HTTP/1.1\r\nHost: x\r\nContent-Length: 50000000\r\n\r\nid_at",
    "half a body that nobody reads": b"GET /health/live HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\nx",
}


@pytest.fixture(scope="module")
def port(environment: dict[str, str], app: Flask) -> Iterator[int]:
    command = ("gunicorn", "-c", "python:tests.e2e.impatient", "src.app:app")
    with web_server(environment, *command, WEB_THREADS=str(THREADS)) as port:
        yield port


@pytest.fixture(autouse=True)
def empty(app: Flask, settings: Settings) -> None:
    """Users, records and imports are forgotten, and what was uploaded for them."""
    with psycopg.connect(database_url(settings), autocommit=True) as connection:
        connection.execute("truncate app_user, import, import_rejection, atendimento cascade")
    for path in settings.upload_dir.glob("*"):
        path.unlink()


def get(port: int, path: str, headers: dict[str, str]) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=8)
    connection.request("GET", path, headers=headers)
    response = connection.getresponse()
    response.read()
    connection.close()
    return response.status


def connect(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), 60)


def request_bytes(line: str, headers: dict[str, str]) -> bytes:
    lines = [f"{line} HTTP/1.1", "Host: x", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
    return "\r\n".join(lines).encode()


def answer(connection: socket.socket) -> tuple[int, http.client.HTTPMessage, bytes]:
    response = http.client.HTTPResponse(connection)
    response.begin()
    return response.status, response.headers, response.read()


@contextmanager
def silent_reader(port: int, request: bytes) -> Iterator[socket.socket]:
    """Send a request, and read nothing, with as little room for the answer as there can be."""
    with socket.socket() as reader:
        reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        reader.settimeout(60)
        reader.connect(("127.0.0.1", port))
        reader.sendall(request)
        yield reader


@pytest.mark.parametrize("sent", HALF_SENT.values(), ids=HALF_SENT.keys())
def test_a_hundred_half_sent_requests_hold_no_thread(port: int, auth_headers: dict[str, str], sent: bytes) -> None:
    with ExitStack() as connections:
        for _ in range(100):
            connections.enter_context(connect(port)).sendall(sent)
        assert [get(port, "/api/v1/atendimento/total", auth_headers) for _ in range(5)] == [200] * 5


def test_a_request_that_does_not_arrive_is_told_so(port: int) -> None:
    with connect(port) as connection:
        connection.sendall(HALF_SENT["half a head"])
        status, headers, body = answer(connection)
    assert (status, headers["Content-Type"]) == (408, "application/problem+json")
    assert json.loads(body)["detail"] == "The request did not arrive in time."


def test_an_upload_that_stops_is_told_so_and_nothing_of_it_stays(
    port: int, auth_headers: dict[str, str], upload_folder: Path
) -> None:
    with connect(port) as connection:
        headers = auth_headers | {"Content-Type": "text/csv", "Content-Length": str(len(CSV))}
        connection.sendall(request_bytes("POST /api/v1/imports", headers) + CSV[:20])
        wait_for(lambda: list(upload_folder.glob("*.part")))
        status, _, body = answer(connection)
    assert (status, json.loads(body)["type"]) == (408, "urn:problem-type:request-too-slow")
    assert not list(upload_folder.iterdir())


def test_uploads_beyond_those_that_leave_threads_free_are_told_to_come_again(
    port: int, auth_headers: dict[str, str], upload_folder: Path
) -> None:
    headers = auth_headers | {"Content-Type": "text/csv", "Content-Length": str(len(CSV))}
    head = request_bytes("POST /api/v1/imports", headers)
    with ExitStack() as connections:
        begun = [connections.enter_context(connect(port)) for _ in range(UPLOADS)]
        for connection in begun:
            connection.sendall(head + CSV[:20])
        wait_for(lambda: len(list(upload_folder.glob("*.part"))) == UPLOADS)
        refused = connections.enter_context(connect(port))
        refused.sendall(head + CSV)
        status, told, body = answer(refused)
        assert (status, told["Retry-After"]) == (503, "5")
        assert json.loads(body)["type"] == "urn:problem-type:too-many-long-requests"
        assert get(port, "/api/v1/atendimento/total", auth_headers) == 200
        for connection in begun:
            connection.sendall(CSV[20:])
        assert {answer(connection)[0] for connection in begun} <= {200, 202}


def fill(settings: Settings, records: int) -> None:
    """Store so many atendimentos, with long names."""
    with psycopg.connect(database_url(settings), autocommit=True) as connection:
        connection.execute("truncate cliente, angel, polo cascade")
        connection.execute("insert into cliente (id) values (1)")
        connection.execute("insert into angel (id, nome) overriding system value values (1, repeat('Ana ', 40))")
        connection.execute("insert into polo (id, nome) overriding system value values (1, 'SP - SANTOS')")
        connection.execute(
            "insert into atendimento (id, id_cliente, angel_id, polo_id, data_limite, status)"
            " select n, 1, 1, 1, '2021-06-30', 'pending' from generate_series(1, %s) n",
            [records],
        )


def in_transaction(settings: Settings) -> int:
    with psycopg.connect(database_url(settings), autocommit=True) as connection:
        query = (
            "select count(*) from pg_stat_activity where state = 'idle in transaction' and datname = current_database()"
        )
        return int(connection.execute(query).fetchone()[0])  # type: ignore[index]


def test_downloads_that_nobody_reads_leave_threads_free_and_end(
    port: int, auth_headers: dict[str, str], settings: Settings
) -> None:
    fill(settings, 100_000)  # more than sockets and the server hold
    request = request_bytes("GET /api/v1/atendimento?format=csv", auth_headers)
    with ExitStack() as connections:
        readers = [connections.enter_context(silent_reader(port, request)) for _ in range(20)]
        first = sorted(reader.recv(12, socket.MSG_PEEK) for reader in readers)
        assert first == [b"HTTP/1.1 200"] * DOWNLOADS + [b"HTTP/1.1 503"] * (20 - DOWNLOADS)
        assert [get(port, "/api/v1/atendimento/total", auth_headers) for _ in range(5)] == [200] * 5
        (_, told, body) = next(found for reader in readers if (found := refusal(reader)))
        assert (told["Retry-After"], json.loads(body)["status"]) == ("5", 503)
        wait_for(lambda: in_transaction(settings) == 0)  # with none of them closed
    with silent_reader(port, request) as reader:
        assert reader.recv(12) == b"HTTP/1.1 200"


def refusal(reader: socket.socket) -> tuple[int, http.client.HTTPMessage, bytes] | None:
    return answer(reader) if reader.recv(12, socket.MSG_PEEK) == b"HTTP/1.1 503" else None


def test_answers_that_nobody_reads_hold_no_thread(port: int, auth_headers: dict[str, str]) -> None:
    with ExitStack() as connections:
        for _ in range(100):  # of 360 KB each
            connections.enter_context(silent_reader(port, request_bytes("GET /openapi.json", {})))
        assert [get(port, "/api/v1/atendimento/total", auth_headers) for _ in range(5)] == [200] * 5


def test_a_download_that_is_read_slowly_comes_whole(
    port: int, auth_headers: dict[str, str], settings: Settings
) -> None:
    fill(settings, 30_000)
    request = request_bytes("GET /api/v1/atendimento?format=csv", auth_headers | {"Connection": "close"})
    with silent_reader(port, request) as reader:
        found = b""
        while block := reader.recv(4096):
            found += block
    assert found.endswith(b"0\r\n\r\n")
    assert found.count(b"SP - SANTOS") == 30_000


def test_the_last_of_many_pipelined_requests_may_be_sent_later(port: int) -> None:
    line = b"GET /health/live HTTP/1.1\r\nHost: x\r\n"
    with connect(port) as connection:
        connection.sendall((line + b"\r\n") * 3 + line[:30])
        assert [answer_of_live(connection) for _ in range(3)] == [200] * 3
        connection.sendall(line[30:] + b"Connection: close\r\n\r\n")
        assert answer_of_live(connection) == 200


def answer_of_live(connection: socket.socket) -> int:
    """Read one answer, and no byte of the next."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += connection.recv(1)
    length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r")[0])
    while length:
        length -= len(connection.recv(length))
    return int(head[9:12])


def test_every_address_of_an_upload_is_known_to_the_worker(app: Flask) -> None:
    """It gives an upload to a thread with its head: the application refuses strangers before they have sent it."""
    views = ("upload", "upload_atendimentos", "upload_clientes")
    rules = [rule.rule for rule in app.url_map.iter_rules() if rule.endpoint.rpartition(".")[2].split("__")[0] in views]
    assert len(rules) >= 3
    for rule in rules:
        for end in ("", "/", "?mode=insert"):
            assert UPLOAD.match(f"POST {rule.rstrip('/')}{end} HTTP/1.1".encode()), rule
    for other in ("/api/v1/imports/1/cancel", "/api/v1/auth/login", "/api/v1/atendimento"):
        assert not UPLOAD.match(f"POST {other} HTTP/1.1".encode())
