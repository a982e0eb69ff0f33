"""Uploads through nginx, and floods."""

from __future__ import annotations

import socket
from contextlib import ExitStack

import pytest

from tests.e2e.compose.service import CSV, LIMIT, Service, answer_of, problem
from tests.e2e.running import wait_for


@pytest.mark.parametrize("size", [LIMIT + 1, LIMIT + 2 * 1024**2], ids=["by the program", "by nginx"])
def test_a_too_large_upload_is_refused_with_a_problem(service: Service, size: int) -> None:
    before = set(service.host.uploads.iterdir())
    found = problem(service.upload(b"x" * size), 413)
    assert found["type"] == "urn:problem-type:upload-too-large"
    assert set(service.host.uploads.iterdir()) <= before


@pytest.mark.parametrize("path", ["/api/v1/imports/", "/v1/services/batch/", "/api/v1/atendimento/import_csv/"])
def test_an_upload_s_address_may_end_with_a_slash(service: Service, path: str) -> None:
    data = CSV + b"\n" * (2 * 1024**2)  # more than any other body may have
    assert service.upload(data, path=path).status in (200, 202)


def test_slow_uploads_keep_nobody_waiting(service: Service) -> None:
    with ExitStack() as open_uploads:
        slow = [
            open_uploads.enter_context(service.begin_upload(CSV, source))
            for source in ["127.0.0.2"] * 8 + ["127.0.0.3"] * 8
        ]
        wait_for(lambda: len(list(service.host.uploads.glob("*.part"))) == len(slow))
        # Written once: not by nginx as well.
        assert not [path for path in (service.host.folder / "cache").rglob("*") if path.is_file()]
        # While none of them ends.
        assert [service.get("/api/v1/atendimento/total").status for _ in range(20)] == [200] * 20
        assert service.upload(CSV, source="127.0.0.4").status in (200, 202)
        assert {upload.finish().status for upload in slow} <= {200, 202}


def test_one_address_does_not_get_all_uploads(service: Service) -> None:
    with ExitStack() as open_uploads:
        for _ in range(8):
            open_uploads.enter_context(service.begin_upload(CSV, "127.0.0.2"))
        wait_for(lambda: len(list(service.host.uploads.glob("*.part"))) == 8)
        refused = service.upload(CSV, source="127.0.0.2")
        assert problem(refused, 429)["title"] == "Too Many Requests"
        assert refused.headers["Retry-After"] == "2"
        assert service.upload(CSV, source="127.0.0.3").status in (200, 202)
        assert service.get("/api/v1/imports").status == 200  # a GET there is no upload
    wait_for(lambda: not list(service.host.uploads.glob("*.part")))


def test_a_flood_of_logins_is_stopped_at_the_door(service: Service) -> None:
    body = b'{"username": "nobody", "password": "wrong"}'
    head = f"POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n"
    login = f"{head}Content-Type: application/json\r\n\r\n".encode() + body
    with ExitStack() as connections:
        flood = [
            connections.enter_context(socket.create_connection(("127.0.0.1", service.port), 60, ("127.0.0.9", 0)))
            for _ in range(40)
        ]
        # All of them sent before one is answered: how busy the machine is doesn't matter then.
        for connection in flood:
            connection.sendall(login)
        answers = [answer_of(connection) for connection in flood]
    refused = [answer for answer in answers if answer.status == 429]
    assert 10 <= len(refused) < 40
    # The application counts too, by name and by address: whoever refuses says so in the same shape, and until when.
    assert {problem(answer, 429)["title"].lower() for answer in refused} == {"too many requests"}
    assert all(int(answer.headers["Retry-After"]) >= 1 for answer in refused)
    assert all(len(answer.headers.get_all("Retry-After", [])) == 1 for answer in refused)
    assert service.get("/api/v1/atendimento/total").status == 200
