"""What docker-compose.yml would run, run here: its commands and environments behind the real nginx with nginx.conf."""

from __future__ import annotations

import gzip
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from typing import Any, NamedTuple

import psycopg
import pytest

from src.embedded.ports import free_port
from src.embedded.supervisor import Servers
from tests.e2e.containers import Container, Host
from tests.e2e.running import wait_for
from tests.insomnia import Replay, Sent

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.xdist_group("compose"),  # started once
    pytest.mark.skipif(not shutil.which("nginx", path="/usr/sbin:/usr/bin"), reason="nginx is not installed"),
]
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
        self.headers: dict[str, str] = {}
        self.import_id = 0

    def start_web(self) -> None:
        """Start what is not running of the two, and wait until their health checks pass."""
        argv = self.host.command("web")
        self.web = [Container(self.host, "web", argv, PORT=str(port)) for port in self.web_ports]
        for port in self.web_ports:
            wait_for(lambda port=port: self.host.health_check("web", PORT=str(port)) == 0, 60)

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
        nginx = Container(host, "nginx", argv)
        ends.callback(nginx.remove)
        wait_for(lambda: listens(service.port))
        wait_for(lambda: "ready" in worker.output(), 60)
        yield service


@pytest.fixture(scope="module")
def service(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """Everything, migrated, with an import done; whose password was made has logged in, and made the user that asks."""
    assert servers.database_url
    with psycopg.connect(servers.database_url, autocommit=True) as connection:
        connection.execute(f"drop database if exists {DATABASE} with (force)")
        connection.execute(f"create database {DATABASE}")
    database_url = servers.database_url.rpartition("/")[0] + f"/{DATABASE}"
    redis_url = str(servers.redis_url).rpartition("/")[0] + "/7"
    environ = {
        "MAX_UPLOAD_BYTES": str(LIMIT),
        "WEB_WORKERS": "1",
        "WORKER_CONCURRENCY": "1",
        "OPEN_REGISTRATION": "true",
    }
    host = Host(tmp_path_factory.mktemp("compose"), environ, database_url, redis_url)
    with started(Service(host)) as running:
        running.log_in("admin", host.secret("admin_password"))
        # One of our own: the workspace, replayed, changes the admin's password and so ends the admin's other sessions.
        own = json.dumps({"username": NAME, "password": PASSWORD, "role": "admin"})
        assert running.call("POST", "/api/v1/users", own, Content_Type="application/json").status == 201
        running.log_in(NAME, PASSWORD)
        answer = running.upload(CSV)
        assert answer.status == 202, answer
        running.import_id = answer.json["id"]
        wait_for(lambda: running.get(f"/api/v1/imports/{running.import_id}").json["status"] == "completed")
        yield running


def test_nginx_accepts_its_configuration(service: Service) -> None:
    conf = service.host.folder / "nginx.conf"
    done = subprocess.run(["/usr/sbin/nginx", "-t", "-c", str(conf)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "warn" not in done.stderr


def test_a_file_goes_in_and_indicators_come_out(service: Service) -> None:
    own = f"/api/v1/imports/{service.import_id}"
    assert service.get(own).json["rows"]["inserted"] == 2
    period = "start_date=2021-06-01&end_date=2021-07-31"
    rows = service.get(f"/api/v1/indicators/sla/polo?{period}").json["data"]
    assert [(row["polo"], row["total"], row["on_time"]) for row in rows] == [("BA - FEIRA DE SANTANA", 2, 1)]
    assert service.get("/v1/services/total").json == {"total": 2}


def test_every_request_of_the_insomnia_workspace_succeeds_in_its_order_and_again(service: Service) -> None:
    def send(sent: Sent) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=30)
        connection.request(sent.method, sent.url, sent.body, sent.headers)
        response = connection.getresponse()
        return response.status, response.read()

    for _ in range(2):
        password = service.host.secret("admin_password")
        answers = Replay(send, CSV, base_url="", password=password).send_all()
        failed = {name: answer for name, answer in answers.items() if not 200 <= answer[0] < 300}
        assert not failed
        assert len(answers) > 45


@pytest.mark.parametrize("name", ["celery_worker", "beat"])
def test_the_health_checks_pass(service: Service, name: str) -> None:
    assert service.host.health_check(name) == 0


def test_all_parts_are_ready(service: Service) -> None:
    assert service.get("/health/ready").json == {"status": "ok"}


def test_the_health_check_of_nginx_passes(service: Service) -> None:
    how, *argv = service.host.services["nginx"]["healthcheck"]["test"]
    assert (how, argv[0]) == ("CMD", "wget")
    path = argv[-1].removeprefix("http://127.0.0.1")
    assert service.get(path).status == 200


def test_a_sane_request_id_is_passed_on_and_no_other(service: Service) -> None:
    answer = service.get("/api/v1/imports/999999", X_Request_ID="from-the-caller.1")
    assert problem(answer, 404)["request_id"] == "from-the-caller.1"
    answer = service.get("/api/v1/imports/999999", X_Request_ID="two words")
    assert len(problem(answer, 404)["request_id"]) == 32


def test_every_answer_has_the_security_headers_once(service: Service) -> None:
    for path, status in (("/docs", 200), ("/api/v1/atendimento/total", 200), ("/metrics", 404), ("/nothing", 404)):
        answer = service.get(path)
        assert answer.status in (status, 301, 302, 308), path
        for name, value in (("X-Content-Type-Options", "nosniff"), ("X-Frame-Options", "DENY")):
            assert answer.headers.get_all(name) == [value], path
        (policy,) = answer.headers.get_all("Content-Security-Policy")
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert "nginx/" not in answer.headers["Server"]


def test_an_address_that_a_client_makes_up_does_not_pass_nginx(service: Service) -> None:
    """What the audit log says is where the connection to nginx came from, and no TLS is believed that was not."""
    claims = {"X_Forwarded_For": "203.0.113.66", "Forwarded": "for=203.0.113.66", "X_Real_IP": "203.0.113.66"}
    claims |= {"X_Forwarded_Proto": "https", "X_Request_ID": "made-up", "Content_Type": "application/json"}
    made = service.call("POST", "/api/v1/angels", b'{"nome": "Made Up"}', source="127.0.0.7", **claims)
    assert made.status == 201, made
    assert "Strict-Transport-Security" not in made.headers
    (entry,) = service.get("/api/v1/audit-log?request_id=made-up").json["data"]
    assert (entry["address"], entry["actor"]) == ("127.0.0.7", NAME)


@pytest.mark.parametrize("path", ["/metrics", "/v1/metrics", "/metrics/"])
def test_the_metrics_are_closed(service: Service, path: str) -> None:
    assert problem(service.get(path), 404)["detail"] == "There is nothing at this address."


def test_large_answers_are_packed(service: Service) -> None:
    answer = service.get("/openapi.json", Accept_Encoding="gzip")
    assert answer.headers["Content-Encoding"] == "gzip"
    assert answer.headers["Vary"] == "Accept-Encoding"
    assert json.loads(gzip.decompress(answer.body))["openapi"].startswith("3.1")
    for format in ("csv", "ndjson"):
        answer = service.get(f"/api/v1/atendimento?format={format}", Accept_Encoding="gzip")
        assert (format, answer.headers.get("Content-Encoding")) == (format, "gzip")


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


def test_any_other_body_has_the_limit_of_the_program(service: Service) -> None:
    body = b'{"username": "' + b"x" * 1024**2 + b'"}'
    problem(service.call("POST", "/api/v1/auth/login", body, Content_Type="application/json"), 413)


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"GET / HTTP/1.1\r\nHost: x\r\nX-Much: " + b"x" * 64 * 1024 + b"\r\n\r\n", 400),
        (b"GET /" + b"x" * 64 * 1024 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 414),
        (b"GET / HTTP/1.1\r\n\r\n", 400),
        (b"TRACE / HTTP/1.1\r\nHost: x\r\n\r\n", 405),
        (b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: strange\r\n\r\n", 501),
        (b"GET / HTTP/9.9\r\nHost: x\r\n\r\n", 505),
    ],
    ids=["long header", "long address", "no host", "trace", "strange encoding", "strange version"],
)
def test_what_nginx_itself_refuses_is_a_problem_too(service: Service, request_: bytes, status: int) -> None:
    connection = socket.create_connection(("127.0.0.1", service.port), 10)
    connection.sendall(request_)
    answer = answer_of(connection)
    connection.close()
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json["status"] == answer.status == status, answer


def test_slow_uploads_keep_nobody_waiting(service: Service) -> None:
    with ExitStack() as open_uploads:
        slow = [
            open_uploads.enter_context(service.begin_upload(CSV, source))
            for source in ["127.0.0.2"] * 8 + ["127.0.0.3"] * 8
        ]
        wait_for(lambda: len(list(service.host.uploads.glob("*.part"))) == len(slow))
        # Written once: not by nginx as well.
        assert not [path for path in (service.host.folder / "cache").rglob("*") if path.is_file()]
        slowest = 0.0
        for _ in range(20):
            asked = time.monotonic()
            assert service.get("/api/v1/atendimento/total").status == 200
            slowest = max(slowest, time.monotonic() - asked)
        assert slowest < 1
        refused = service.upload(CSV, source="127.0.0.4")
        assert problem(refused, 429)["title"] == "Too Many Requests"
        assert refused.headers["Retry-After"] == "2"
        assert {upload.finish().status for upload in slow} <= {200, 202}
    assert service.upload(CSV, source="127.0.0.4").status in (200, 202)


def test_one_address_does_not_get_all_uploads(service: Service) -> None:
    with ExitStack() as open_uploads:
        for _ in range(8):
            open_uploads.enter_context(service.begin_upload(CSV, "127.0.0.2"))
        wait_for(lambda: len(list(service.host.uploads.glob("*.part"))) == 8)
        assert service.upload(CSV, source="127.0.0.2").status == 429
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


def test_while_one_web_is_replaced_the_other_answers_all(service: Service) -> None:
    first, second = service.web
    first.stop()
    assert [service.get("/health/live").status for _ in range(20)] == [200] * 20
    service.web = [second, Container(service.host, "web", service.host.command("web"), PORT=str(service.web_ports[0]))]
    wait_for(lambda: listens(service.web_ports[0]))


def test_a_web_that_hangs_is_a_gateway_timeout(service: Service) -> None:
    for web in service.web:
        web.send(signal.SIGSTOP)
    try:
        answer = service.call("POST", "/api/v1/auth/login", b"{}", Content_Type="application/json")
        assert problem(answer, 504)["detail"] == "The service took too long to answer."
    finally:
        for web in service.web:
            web.send(signal.SIGCONT)
    wait_for(lambda: service.get("/health/live").status == 200)


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
    service.start_web()
    wait_for(lambda: service.get("/health/live").status == 200)
    own = f"/api/v1/imports/{answer.json['id']}"
    wait_for(lambda: service.get(own).json["status"] == "completed")


def test_what_no_web_has_seen_is_sent_again_but_never_what_one_may_have_begun_with(service: Service) -> None:
    for web in service.web:
        web.stop()
    post = partial(service.call, "POST", "/echo", b"{}", Content_Type="application/json")
    problem(post(X_Request_ID="never-sent"), 502)
    logs = "".join(path.read_text() for path in service.host.folder.glob("nginx-*.log"))
    (line,) = (line for line in logs.splitlines() if '"request_id":"never-sent"' in line)
    assert " : " in json.loads(line)["upstream"]  # the first ones asked, and those asked again
    with breaking_off(service.web_ports) as seen:
        wait_for(lambda: post().status == 502 and seen)  # at first nginx asks none that has just refused
    assert len(seen) == 1
    service.start_web()
    wait_for(lambda: service.get("/health/live").status == 200)


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
