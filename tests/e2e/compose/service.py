"""The containers together, and a client of nginx."""

from __future__ import annotations

import http.client
import json
import os
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, NamedTuple

from src.embedded.ports import free_port
from tests.e2e.compose.containers import Container, Host
from tests.e2e.running import wait_for

LIMIT = 3 * 1024**2
CSV = (
    b"id_atendimento;id_cliente;angel;polo;data_limite;data_de_atendimento\n"
    b"1;10;Ana;BA - FEIRA DE SANTANA;30/06/2021;29/06/2021 12:57:19\n"
    b"2;11;Ana;BA - FEIRA DE SANTANA;30/06/2021;01/07/2021 10:00\n"
)
PART = b'--X\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n%s\r\n--X--\r\n'
MULTIPART = {"Content-Type": "multipart/form-data; boundary=X"}
DATABASE = "compose"
NAME, PASSWORD = "tester", "a word of the tests"


class Answer(NamedTuple):
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Service:
    """All containers, two of `web` among them, and a client of nginx."""

    def __init__(self, host: Host) -> None:
        self.host = host
        self.port = free_port()
        self.web_ports = [free_port() for _ in range(2)]
        self.web: list[Container] = []
        self.nginx: Container
        self.headers: dict[str, str] = {}
        self.import_id = 0

    def start_web(self) -> None:
        """Start those of the two that do not run, and wait until their health checks pass."""
        argv = self.host.command("web")
        running = {port: web for port, web in zip(self.web_ports, self.web, strict=False) if web.runs()}
        self.web = [running.get(port) or Container(self.host, "web", argv, PORT=str(port)) for port in self.web_ports]
        for port in self.web_ports:
            wait_for(lambda port=port: self.host.health_check("web", PORT=str(port)) == 0, 60)

    def restore_web(self) -> None:
        """Have both run and nginx ask them, whatever a test has done to them."""
        if not all(web.runs() for web in self.web):
            self.start_web()
        wait_for(lambda: self.get("/health/live").status == 200)

    def call(self, method: str, path: str, body: Any = None, source: str = "127.0.0.1", **headers: str) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30, source_address=(source, 0))
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, body=body, headers=self.headers | named)
        response = connection.getresponse()
        return Answer(response.status, response.headers, response.read())

    def log_in(self, name: str, password: str) -> None:
        login = json.dumps({"username": name, "password": password})
        answer = self.call("POST", "/api/v1/auth/login", login, Content_Type="application/json")
        assert answer.status == 200, answer
        self.headers["Authorization"] = f"Bearer {answer.json['access_token']}"

    def get(self, path: str, **headers: str) -> Answer:
        return self.call("GET", path, **headers)

    def upload(self, data: bytes, source: str = "127.0.0.1", path: str = "/api/v1/imports") -> Answer:
        return self.call("POST", path, PART % data, source, **MULTIPART)

    def begin_upload(self, data: bytes, source: str = "127.0.0.1") -> SlowUpload:
        return SlowUpload(self, data, source)


class SlowUpload:
    """An upload of which all but the last byte has been sent."""

    def __init__(self, service: Service, data: bytes, source: str) -> None:
        self.connection = socket.create_connection(("127.0.0.1", service.port), 30, (source, 0))
        headers = service.headers | {"Host": "x", "Content-Type": "text/csv", "Content-Length": str(len(data))}
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        self.connection.sendall(f"POST /api/v1/imports HTTP/1.1\r\n{head}\r\n".encode() + data[:-1])
        self._last = data[-1:]

    def finish(self) -> Answer:
        self.connection.sendall(self._last)
        return answer_of(self.connection)

    def __enter__(self) -> SlowUpload:
        return self

    def __exit__(self, *_: object) -> None:
        self.connection.close()


def answer_of(connection: socket.socket) -> Answer:
    response = http.client.HTTPResponse(connection)
    response.begin()
    return Answer(response.status, response.headers, response.read())


def listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


def problem(answer: Answer, status: int) -> dict[str, Any]:
    """Return the problem of an answer, after a look at what every one has."""
    assert (answer.status, answer.headers["Content-Type"]) == (status, "application/problem+json"), answer
    found: dict[str, Any] = answer.json
    assert set(found) == {"type", "title", "status", "detail", "errors", "request_id"}
    assert (found["status"], found["request_id"]) == (status, answer.headers["X-Request-ID"])
    assert len(answer.headers.get_all("X-Request-ID", [])) == 1
    return found


@contextmanager
def started(service: Service) -> Iterator[Service]:
    host = service.host
    with ExitStack() as ends:
        for _ in range(2):  # every `up -d` runs it again
            assert Container(host, "migrate", host.command("migrate")).process.wait(120) == 0
        worker = Container(host, "celery_worker", host.command("celery_worker"))
        ends.callback(worker.remove)
        ends.callback(Container(host, "beat", host.command("beat")).remove)
        ends.callback(lambda: [web.remove() for web in service.web])
        service.start_web()
        host.nginx_conf(service.port, service.web_ports)
        # As root its processes become another user's, who may not enter the test's folder.
        user = "user root; " if os.geteuid() == 0 else ""
        argv = [word.replace("user nginx; ", user) for word in host.command("nginx")]
        service.nginx = Container(host, "nginx", argv)
        ends.callback(service.nginx.remove)
        wait_for(lambda: listens(service.port))
        wait_for(lambda: "ready" in worker.output(), 60)
        yield service
