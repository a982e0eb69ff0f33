"""What comes through nginx, and what does not."""

from __future__ import annotations

import gzip
import http.client
import json
import socket
import subprocess

import pytest

from tests.e2e.compose.service import CSV, NAME, Service, answer_of, problem
from tests.insomnia import Replay, Sent


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
