"""What only a real server over a real socket shows: bodies that break off, answers that arrive all the same."""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from src.embedded.ports import bind_error
from tests.e2e.running import wait_for
from tests.integration.api.sending import CSV
from tests.integration.api.server import web_server

LIMIT = 1024**2
PART = b'--X\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n' + CSV
pytestmark = pytest.mark.xdist_group("server")  # its server is started once


@pytest.fixture(scope="module")
def port(environment: dict[str, str], app: object) -> Iterator[int]:
    """The port of a server that takes uploads of a megabyte."""
    with web_server(environment, MAX_UPLOAD_BYTES=str(LIMIT)) as port:
        yield port


def send(port: int, headers: dict[str, str], body: bytes, *, wait: bool = True) -> http.client.HTTPResponse | None:
    """Send these headers and this body to /api/v1/imports, stop sending, and return the answer."""
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.settimeout(10)
        head = "".join(f"{name}: {value}\r\n" for name, value in {"Host": "x", **headers}.items())
        connection.sendall(f"POST /api/v1/imports HTTP/1.1\r\n{head}\r\n".encode() + body)
        if not wait:
            return None
        connection.shutdown(socket.SHUT_WR)
        response = http.client.HTTPResponse(connection)
        response.begin()
        return response


BROKEN_OFF = {
    "length": ({"Content-Type": "text/csv", "Content-Length": "5000"}, CSV),
    "part": ({"Content-Type": "multipart/form-data; boundary=X", "Content-Length": "5000"}, PART),
    "chunk": ({"Content-Type": "text/csv", "Transfer-Encoding": "chunked"}, b"1000\r\n" + CSV),
    "last chunk": ({"Content-Type": "text/csv", "Transfer-Encoding": "chunked"}, b"%x\r\n%s\r\n" % (len(CSV), CSV)),
    "no chunk": ({"Content-Type": "text/csv", "Transfer-Encoding": "chunked"}, b"nonsense\r\n" + CSV),
}


@pytest.mark.parametrize(("headers", "body"), BROKEN_OFF.values(), ids=BROKEN_OFF.keys())
def test_a_body_that_breaks_off_is_no_import(
    port: int, auth_headers: dict[str, str], upload_folder: Path, headers: dict[str, str], body: bytes
) -> None:
    response = send(port, {**auth_headers, **headers}, body)
    assert response is not None
    assert response.status == 400
    assert b"upload-incomplete" in response.read()
    assert list(upload_folder.iterdir()) == []


def test_of_a_sender_that_vanishes_nothing_stays(port: int, auth_headers: dict[str, str], upload_folder: Path) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.putrequest("POST", "/api/v1/imports")
    for name, value in {**auth_headers, "Content-Type": "text/csv", "Content-Length": "5000"}.items():
        connection.putheader(name, value)
    connection.endheaders(CSV)
    wait_for(lambda: list(upload_folder.glob("*")))
    connection.close()
    wait_for(lambda: not list(upload_folder.glob("*")))


def test_a_chunked_body_is_taken(port: int, auth_headers: dict[str, str], upload_folder: Path) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    headers = {**auth_headers, "Content-Type": "text/csv"}
    connection.request("POST", "/api/v1/imports", body=iter([CSV, CSV]), headers=headers, encode_chunked=True)
    assert connection.getresponse().status == 202
    assert [path.read_bytes() for path in upload_folder.iterdir()] == [CSV * 2]


@pytest.mark.parametrize(
    ("change", "status"),
    [({}, 413), ({"Content-Type": "image/png"}, 415), ({"Authorization": "Bearer x"}, 401)],
    ids=["too large", "no CSV", "stranger"],
)
@pytest.mark.parametrize("chunked", [False, True])
def test_a_sender_who_is_refused_while_sending_sees_the_answer(
    port: int, auth_headers: dict[str, str], upload_folder: Path, change: dict[str, str], status: int, chunked: bool
) -> None:
    block = b"x" * LIMIT
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    headers = {**auth_headers, "Content-Type": "text/csv", **change}
    body = iter([block] * 20) if chunked else block * 20
    connection.request("POST", "/api/v1/imports", body=body, headers=headers, encode_chunked=chunked)
    response = connection.getresponse()
    assert response.status == status
    assert response.headers["Content-Type"] == "application/problem+json"
    assert list(upload_folder.iterdir()) == []
    response.read()
    connection.request("GET", "/health/live")
    assert connection.getresponse().status == 200


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"GET /?q=" + b"x" * 9000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 414),
        (b"GET / HTTP/1.1\r\nHost: x\r\nX-Much: " + b"x" * 9000 + b"\r\n\r\n", 431),
        (b"nonsense\r\n\r\n", 400),
    ],
    ids=["long address", "long header", "no request"],
)
def test_what_the_server_itself_refuses_is_a_problem_too(port: int, request_: bytes, status: int) -> None:
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.settimeout(10)
        connection.sendall(request_)
        response = http.client.HTTPResponse(connection)
        response.begin()
        problem = json.loads(response.read())
    assert (response.status, problem["status"]) == (status, status)
    assert response.headers["Content-Type"] == "application/problem+json"
    assert response.headers["X-Request-ID"] == problem["request_id"]


@pytest.mark.skipif(bind_error("::1", 0) is not None, reason="this machine has no IPv6")
def test_it_listens_at_an_address_of_ipv6_too(environment: dict[str, str], app: object) -> None:
    with web_server(environment, HOST="::1") as port:
        connection = http.client.HTTPConnection("::1", port)
        connection.request("GET", "/health/live")
        assert connection.getresponse().status == 200
