"""What only a socket can send: requests that contradict themselves, that are too long, too slow or cut short."""

from __future__ import annotations

import http.client
import re
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.running import wait_for
from tests.integration.api.sending import CSV
from tests.integration.api.server import web_server

# An answer that a second, smuggled request would bring about.
SMUGGLED = b"GET /health/live HTTP/1.1\r\nHost: x\r\nX-Request-ID: smuggled\r\n\r\n"
pytestmark = pytest.mark.xdist_group("wire")  # its server is started once


@pytest.fixture(scope="module")
def port(environment: dict[str, str], app: object) -> Iterator[int]:
    """The port of `python -m src.app`, with few threads."""
    with web_server(environment, WEB_THREADS="4") as port:
        yield port


def exchange(port: int, data: bytes, *, finish: bool = True) -> bytes:
    """Send the bytes, and return all that comes back until the server closes or says nothing for 10 s."""
    with socket.create_connection(("127.0.0.1", port), 10) as connection:
        answer = b""
        try:
            connection.sendall(data)
            if finish:
                connection.shutdown(socket.SHUT_WR)
            connection.settimeout(10)
            while part := connection.recv(65536):
                answer += part
        except OSError:
            pass  # closed on us, or nothing more to say
        return answer


def statuses(answer: bytes) -> list[int]:
    return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3}) ", answer)]


def head(auth_headers: dict[str, str], *lines: str, path: str = "/api/v1/imports") -> bytes:
    given = [f"{name}: {value}" for name, value in auth_headers.items()]
    return "\r\n".join([f"POST {path} HTTP/1.1", "Host: x", "Content-Type: text/csv", *given, *lines, "", ""]).encode()


CONTRADICTIONS = {
    "length and chunks": ["Content-Length: 5", "Transfer-Encoding: chunked"],
    "chunks and length": ["Transfer-Encoding: chunked", "Content-Length: 5"],
    "two lengths": ["Content-Length: 5", "Content-Length: 6"],
    "two lengths in one": ["Content-Length: 5, 6"],
    "a negative length": ["Content-Length: -5"],
    "a length with a sign": ["Content-Length: +5"],
    "a length in hexadecimal": ["Content-Length: 0x5"],
    "a length with a blank": ["Content-Length: 5 5"],
    "chunks that are not": ["Transfer-Encoding: xchunked"],
    "chunks twice": ["Transfer-Encoding: chunked", "Transfer-Encoding: chunked"],
    "chunks before something": ["Transfer-Encoding: chunked, identity"],
    "a blank before the colon": ["Transfer-Encoding : chunked"],
    "a folded line": ["X-Folded: a", " Transfer-Encoding: chunked"],
    "a tab": ["Transfer-Encoding:\x0bchunked"],
    "a NUL": ["X-Name: a\x00b"],
}


@pytest.mark.parametrize("lines", CONTRADICTIONS.values(), ids=CONTRADICTIONS.keys())
def test_a_request_that_contradicts_itself_is_refused_and_nothing_hides_behind_it(
    port: int, auth_headers: dict[str, str], upload_folder: Path, lines: list[str]
) -> None:
    answer = exchange(port, head(auth_headers, *lines) + b"0\r\n\r\n" + SMUGGLED)
    assert b"smuggled" not in answer
    assert statuses(answer) in ([400], [501], [411])
    assert not upload_folder.exists() or not list(upload_folder.iterdir())


@pytest.mark.parametrize(
    "line", [b"GET /\x00 HTTP/1.1", b"GET / HTTP/1.1 x", b"G\x01T / HTTP/1.1", b"\x16\x03\x01\x02\x00"]
)
def test_a_request_that_is_none_is_refused(port: int, line: bytes) -> None:
    answer = exchange(port, line + b"\r\nHost: x\r\n\r\n" + SMUGGLED)
    assert b"smuggled" not in answer
    assert statuses(answer) in ([400], [505], [])


@pytest.mark.parametrize(
    "line",
    [
        b"nonsense\r\n",
        b"nonsense\r\n\r\n",
        b"\r\n\r\n\r\n",
        b"GET / HTTP/1.1 x\r\n",
        b"GET / HTTP/3.0\r\n\r\n",
        b"GET / FTP/1.1\r\n\r\n",
        b"get / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nno colon\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET http://[ HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET //[ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"GET * HTTP/1.1\r\nHost: x\r\n\r\n",
        b"CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nExpect: more\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ],
    ids=repr,
)
def test_a_request_that_is_none_is_a_problem(port: int, line: bytes) -> None:
    answer = exchange(port, line, finish=False)
    (status,) = statuses(answer)
    assert status in (400, 404, 405, 417)
    assert b"Content-Type: application/problem+json" in answer
    assert b"<html" not in answer


TOO_LONG = {
    "a header": b"GET /health/live HTTP/1.1\r\nHost: x\r\nX-Much: %s\r\n\r\n",
    "an address": b"GET /%s HTTP/1.1\r\nHost: x\r\n\r\n",
    "a query": b"GET /api/v1/imports?kind=%s HTTP/1.1\r\nHost: x\r\n\r\n",
    "many parameters": b"GET /api/v1/imports?%s HTTP/1.1\r\nHost: x\r\n\r\n",
    "a cookie": b"GET /health/live HTTP/1.1\r\nHost: x\r\nCookie: %s\r\n\r\n",
}


@pytest.mark.parametrize("data", TOO_LONG.values(), ids=TOO_LONG.keys())
def test_what_is_too_long_is_refused_before_it_is_looked_at(port: int, data: bytes) -> None:
    answer = exchange(port, data % (b"a=1&" * 2100))
    assert statuses(answer) in ([400], [414], [431])
    assert b"Traceback" not in answer
    # Of what is much longer some is not read, and the answer may be lost with it.
    assert set(statuses(exchange(port, data % (b"a=1&" * 30_000)))) <= {400, 414, 431}


def test_more_headers_than_anybody_needs_are_refused(port: int) -> None:
    data = b"GET /health/live HTTP/1.1\r\nHost: x\r\n" + b"X-More: 1\r\n" * 200 + b"\r\n"
    assert statuses(exchange(port, data)) in ([400], [431])


def test_a_header_without_end_does_not_fill_the_memory(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), 10) as connection:
        connection.sendall(b"GET /health/live HTTP/1.1\r\nHost: x\r\n")
        sent = 0
        try:
            while sent < 64 * 1024**2:
                connection.sendall(b"X-More: " + b"x" * 1024 + b"\r\n")
                sent += 1024
        except OSError:
            pass
    assert sent < 16 * 1024**2


def test_a_scheme_that_a_stranger_claims_is_not_believed(port: int) -> None:
    claims = {"X-Forwarded-Proto": "https", "X-Forwarded-Ssl": "on", "X-Forwarded-Protocol": "ssl"}
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", "/health/live", headers=claims)
    response = connection.getresponse()
    assert response.status == 200
    assert response.headers["Strict-Transport-Security"] is None


def test_a_name_with_an_underscore_passes_for_no_other_header(port: int) -> None:
    data = b"GET /api/v1/imports HTTP/1.1\r\nHost: x\r\nX_Request_ID: smuggled\r\n\r\n"
    assert b"smuggled" not in exchange(port, data)


def test_uploads_that_do_not_move_keep_readers_waiting_only_for_a_thread(
    port: int, auth_headers: dict[str, str], upload_folder: Path
) -> None:
    """Three of the four threads are held by senders that have stopped; the fourth serves everybody else."""
    begun = [socket.create_connection(("127.0.0.1", port), 10) for _ in range(3)]
    try:
        for connection in begun:
            connection.sendall(head(auth_headers, "Content-Length: 1000000") + CSV)
        wait_for(lambda: len(list(upload_folder.glob("*.part"))) == len(begun))
        for _ in range(20):
            assert statuses(exchange(port, b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n")) == [200]
    finally:
        for connection in begun:
            connection.close()
    wait_for(lambda: not list(upload_folder.iterdir()))


def test_a_request_that_comes_letter_by_letter_is_served(port: int, auth_headers: dict[str, str]) -> None:
    with socket.create_connection(("127.0.0.1", port), 10) as connection:
        for letter in head(auth_headers, f"Content-Length: {len(CSV)}", "Connection: close") + CSV:
            connection.sendall(bytes([letter]))
        response = http.client.HTTPResponse(connection)
        response.begin()
        assert response.status == 202


def test_who_announces_too_much_and_waits_is_answered_though_nothing_comes(
    port: int, auth_headers: dict[str, str]
) -> None:
    with socket.create_connection(("127.0.0.1", port), 10) as connection:
        connection.sendall(head(auth_headers, f"Content-Length: {10**12}") + CSV)
        assert statuses(connection.recv(65536)) == [413]


@pytest.mark.parametrize(
    ("lines", "body"),
    [
        (["Content-Length: 5000"], CSV),
        (["Transfer-Encoding: chunked"], b"ffffffffffffffff\r\n" + CSV),
        (["Transfer-Encoding: chunked"], b"-5\r\n" + CSV),
        (["Transfer-Encoding: chunked"], b"5;" + b"x" * 100_000 + b"\r\nabcde\r\n0\r\n\r\n"),
        (["Transfer-Encoding: chunked"], b"0x5\r\nabcde\r\n0\r\n\r\n"),
    ],
)
def test_a_body_that_is_cut_or_lies_about_its_length_leaves_nothing(
    port: int, auth_headers: dict[str, str], upload_folder: Path, lines: list[str], body: bytes
) -> None:
    answer = exchange(port, head(auth_headers, *lines) + body)
    assert statuses(answer)[:1] in ([400], [413], [])
    assert not upload_folder.exists() or not list(upload_folder.iterdir())
    assert statuses(exchange(port, b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n")) == [200]


@pytest.mark.parametrize("path", ["/api/v1/auth/login", "/api/v1/auth/refresh", "/api/v1/atendimento", "/echo"])
@pytest.mark.parametrize(
    "body", [b"-2\r\n{}\r\n0\r\n\r\n", b"zz\r\n{}\r\n", b"2\r\n{}xx0\r\n\r\n", b"ff\r\n{}"], ids=repr
)
def test_json_in_chunks_that_are_none_is_refused_and_nothing_hides_behind_it(
    port: int, auth_headers: dict[str, str], path: str, body: bytes
) -> None:
    lines = head(auth_headers, "Transfer-Encoding: chunked", path=path).replace(b"text/csv", b"application/json")
    answer = exchange(port, lines + body + SMUGGLED)
    assert statuses(answer) == [400]
    assert b"smuggled" not in answer
    assert b"application/problem+json" in answer
