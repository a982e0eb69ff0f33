"""A web that stops, hangs or hangs up, and a database that is away: what a client of nginx sees of it."""

from __future__ import annotations

import json
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import partial

import psycopg

from tests.e2e.compose.service import CSV, DATABASE, Service, listens, problem
from tests.e2e.running import wait_for


@contextmanager
def breaking_off(ports: list[int]) -> Iterator[list[bytes]]:
    """Listen there, and hang up on whoever has sent a request; yields what came."""
    seen: list[bytes] = []

    def serve(server: socket.socket) -> None:
        with suppress(OSError):
            while True:
                connection = server.accept()[0]
                seen.append(connection.recv(65536))
                connection.close()

    with ExitStack() as ends:
        for port in ports:
            server = ends.enter_context(socket.create_server(("127.0.0.1", port)))
            ends.callback(server.shutdown, socket.SHUT_RDWR)
            threading.Thread(target=serve, args=[server], daemon=True).start()
        yield seen


def test_while_one_web_is_replaced_the_other_answers_all(service: Service) -> None:
    first, second = service.web
    first.stop()
    assert [service.get("/health/live").status for _ in range(20)] == [200] * 20
    assert second.runs()


def test_a_web_that_hangs_is_a_gateway_timeout(service: Service) -> None:
    for web in service.web:
        web.send(signal.SIGSTOP)
    try:
        answer = service.call("POST", "/api/v1/auth/login", b"{}", Content_Type="application/json")
        assert problem(answer, 504)["detail"] == "The service took too long to answer."
    finally:
        for web in service.web:
            web.send(signal.SIGCONT)


def test_a_stop_lets_uploads_under_way_finish_and_then_there_is_a_bad_gateway(service: Service) -> None:
    changed = CSV.replace(b"Ana", b"Bia")
    with service.begin_upload(changed) as upload:
        wait_for(lambda: list(service.host.uploads.glob("*.part")))
        for web in service.web:
            web.ask()
        wait_for(lambda: not any(listens(port) for port in service.web_ports))
        answer = upload.finish()
        assert answer.status == 202, answer
    assert [web.wait() for web in service.web] == [0, 0]
    down = service.get("/api/v1/atendimento/total")
    assert problem(down, 502)["detail"] == "The service can't be reached right now."
    assert down.headers["Retry-After"] == "5"
    service.restore_web()
    own = f"/api/v1/imports/{answer.json['id']}"
    wait_for(lambda: service.get(own).json["status"] == "completed")


def test_what_no_web_has_seen_is_sent_again_but_never_what_one_may_have_begun_with(service: Service) -> None:
    def logged() -> list[str]:
        logs = "".join(path.read_text() for path in service.host.folder.glob("nginx-*.log"))
        return [line for line in logs.splitlines() if '"request_id":"never-sent"' in line]

    for web in service.web:
        web.stop()
    post = partial(service.call, "POST", "/echo", b"{}", Content_Type="application/json")
    problem(post(X_Request_ID="never-sent"), 502)
    (line,) = wait_for(logged)  # nginx writes it once the answer is sent
    assert " : " in json.loads(line)["upstream"]  # the first ones asked, and those asked again
    with breaking_off(service.web_ports) as seen:
        wait_for(lambda: post().status == 502 and seen)  # at first nginx asks none that has just refused
    assert len(seen) == 1


def test_what_the_program_says_of_itself_passes_as_it_is(service: Service) -> None:
    """A 503 of the program keeps its own problem and its own Retry-After."""
    database = psycopg.connect(service.host.secret("database_url").rpartition("/")[0] + "/postgres", autocommit=True)
    with database as connection:
        connection.execute(f"alter database {DATABASE} with allow_connections false")
        connection.execute("select pg_terminate_backend(pid) from pg_stat_activity where datname = %s", [DATABASE])
        try:
            answer = service.get("/api/v1/atendimento/total")
        finally:
            connection.execute(f"alter database {DATABASE} with allow_connections true")
    assert problem(answer, 503)["type"] == "urn:problem-type:database-unavailable"
    assert answer.headers.get_all("Retry-After") == ["5"]
