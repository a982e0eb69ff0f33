"""Clients of nginx that send or read slowly, or not at all, by the thousand: everybody else is answered."""

from __future__ import annotations

import resource
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.e2e.compose.service import CSV, Service, answer_of, problem
from tests.e2e.running import wait_for

HALF_A_HEAD = b"GET /health/live HTTP/1.1\r\nHost: x\r\nX-Half: "
HALF_A_BODY = b"POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"
STRANGERS_UPLOAD = (
    b"POST /api/v1/imports HTTP/1.1\r\nHost: x\r\nContent-Type: text/csv\r\nContent-Length: 90000\r\n\r\nid"
)
LARGE_ANSWER = b"GET /docs/swagger-ui-bundle.js HTTP/1.1\r\nHost: x\r\nAccept-Encoding: %s\r\n\r\n"
HALF_OPEN = 4200
SILENT_READERS = 260
# Of the container's, which docker-compose.yml limits: the rest is for what the system keeps for its connections.
MAX_MEGABYTES = 100


@pytest.fixture(autouse=True)
def enough_open_files() -> Iterator[None]:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(16384, before[1]), before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


@contextmanager
def clients(service: Service, count: int, sources: int, *, room: int | None = None) -> Iterator[list[socket.socket]]:
    """Open so many connections, from so many addresses; `room` is for what each has not read."""
    with ExitStack() as ends:
        opened = []
        for number in range(count):
            client = ends.enter_context(socket.socket())
            if room:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, room)
            client.settimeout(60)
            client.bind((f"127.0.1.{number % sources + 1}", 0))
            client.connect(("127.0.0.1", service.port))
            opened.append(client)
        yield opened


def megabytes_of_nginx(service: Service) -> float:
    """Return what nginx's master and workers hold, shared pages counted once."""
    pid = service.nginx.process.pid
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    rollups = [Path(f"/proc/{found}/smaps_rollup").read_text() for found in (pid, *children)]
    return sum(int(text.split("Pss:")[1].split()[0]) for text in rollups) / 1024


@pytest.mark.parametrize(
    "line",
    [
        b"nonsense\r\n\r\n",
        b"GET\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        b"GET nothing HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET  /  HTTP/1.1 x\r\nHost: x\r\n\r\n",
        b"get / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"G\x01T / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /\x00 HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /%00 HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /%zz HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /../../x HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a b\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nno colon\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nX-Nul: a\x00b\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST /api/v1/imports HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n\r\n",
    ],
    ids=repr,
)
def test_a_bad_request_is_a_problem(service: Service, line: bytes) -> None:
    with socket.create_connection(("127.0.0.1", service.port), 10) as client:
        client.sendall(line)
        answer = answer_of(client)
    assert answer.headers["Content-Type"] == "application/problem+json", answer
    # A stranger's upload may be refused before its body is looked at.
    assert answer.status in (400, 401), answer
    assert answer.json["status"] == answer.status
    assert answer.json["request_id"] == answer.headers["X-Request-ID"]


def test_thousands_of_half_open_requests_from_one_address_keep_nobody_out(service: Service) -> None:
    with clients(service, HALF_OPEN, sources=1) as half_open:
        for client in half_open:
            client.sendall(HALF_A_HEAD)
        assert [service.get("/api/v1/atendimento/total").status for _ in range(10)] == [200] * 10
        assert megabytes_of_nginx(service) < MAX_MEGABYTES


def test_one_address_has_a_hundred_requests_at_once(service: Service) -> None:
    with clients(service, 130, sources=1) as slow:
        for client in slow:
            client.sendall(HALF_A_BODY)
        answers = [answer_of(client) for client in slow[100:]]
        assert {problem(answer, 429)["status"] for answer in answers} == {429}
        assert service.get("/api/v1/atendimento/total").status == 200


def test_strangers_hold_no_place_of_an_upload(service: Service) -> None:
    with clients(service, 100, sources=50) as strangers:
        for client in strangers:
            client.sendall(STRANGERS_UPLOAD)
        assert service.upload(CSV).status in (200, 202)
        assert {answer_of(client).status for client in strangers} == {401}


@pytest.mark.parametrize("encoding", [b"identity", b"gzip"])
def test_readers_that_do_not_read_do_not_fill_the_memory(service: Service, encoding: bytes) -> None:
    with clients(service, SILENT_READERS, sources=10, room=4096) as readers:
        for client in readers:
            client.sendall(LARGE_ANSWER % encoding)
        for client in readers:
            assert client.recv(12) == b"HTTP/1.1 200"
        assert service.get("/api/v1/atendimento/total").status == 200
        assert megabytes_of_nginx(service) < MAX_MEGABYTES
        # A 1.4 MB answer waits on disk, or in the application: neither is without bounds.
        kept = [path.stat().st_size for path in (service.host.folder / "cache").rglob("*") if path.is_file()]
        assert all(size <= 8 * 1024**2 for size in kept)
    wait_for(lambda: service.get("/health/live").status == 200)
