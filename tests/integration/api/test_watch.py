"""The line and the figures of each request."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask, Response
from flask.testing import FlaskClient

from src.app import create_app
from src.config import Settings
from src.domain.imports import STATUSES
from tests.integration.api.sending import Send

Lines = Callable[[], list[dict[str, Any]]]


class Client(FlaskClient):
    """Takes an answer to its end and closes it, as a server does."""

    def open(self, *args: Any, buffered: bool = True, **kwargs: Any) -> Any:
        return super().open(*args, buffered=buffered, **kwargs)


@pytest.fixture
def app(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Flask:
    monkeypatch.setattr(Flask, "test_client_class", Client)
    return app


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str]) -> Lines:
    """The lines that requests have left since it was last asked."""

    def read() -> list[dict[str, Any]]:
        found = map(json.loads, capsys.readouterr().err.splitlines())
        return [line for line in found if line["event"] == "request"]

    return read


def figures(client: FlaskClient, path: str = "/metrics") -> dict[str, float]:
    """All samples, by name and labels as they are written."""
    response = client.get(path)
    assert (response.status_code, response.mimetype) == (200, "text/plain")
    samples = [line.rpartition(" ") for line in response.text.splitlines() if not line.startswith("#")]
    assert len({name for name, _, _ in samples}) == len(samples)
    return {name: float(value) for name, _, value in samples}


def test_a_request_leaves_one_line(
    client: FlaskClient, headers_for: Callable[[str], dict[str, str]], lines: Lines
) -> None:
    headers = headers_for("viewer") | {"X-Request-ID": "the-id"}
    assert client.get("/api/v1/imports/12345", headers=headers).status_code == 404
    (line,) = lines()
    assert line.pop("seconds") > 0
    assert line.pop("timestamp")
    assert line == {
        "event": "request",
        "level": "info",
        "method": "GET",
        "path": "/api/v1/imports/12345",
        "route": "/api/v1/imports/{import_id}",
        "status": 404,
        "user": 1,
        "import_id": 12345,
        "request_id": "the-id",
    }


def test_an_upload_s_line_names_its_import(send: Send, lines: Lines) -> None:
    import_id = send().get_json()["id"]
    (line,) = lines()
    assert (line["status"], line["import_id"]) == (202, import_id)
    # What the one before was about is not this one's.
    send(b"", path="/api/v1/imports?kind=none")
    (line,) = lines()
    assert (line["status"], line.get("import_id")) == (422, None)


def test_what_nobody_serves_is_one_route(client: FlaskClient, lines: Lines) -> None:
    client.get("/a/path/of/a/scanner?token=secret")
    (line,) = lines()
    assert (line["route"], line["status"], "user" in line) == ("unmatched", 404, False)
    assert "secret" not in str(line)
    assert not [name for name in figures(client) if "scanner" in name]


def test_an_export_is_under_way_until_its_last_byte(app: Flask, settings: Settings, lines: Lines) -> None:
    app = create_app(settings)
    app.add_url_rule("/export", "export", lambda: Response(iter([b"a", b"b"])))
    client = app.test_client()
    before = figures(client)["indicators_http_requests_in_flight"]
    lines()
    response = client.get("/export", buffered=False)
    assert lines() == []
    assert figures(client)["indicators_http_requests_in_flight"] == before + 1
    lines()
    response.close()
    assert [line["route"] for line in lines()] == ["/export"]
    assert figures(client)["indicators_http_requests_in_flight"] == before


def test_a_request_that_breaks_is_counted_as_a_500(app: Flask, settings: Settings, lines: Lines) -> None:
    app = create_app(settings)

    def broken() -> Iterator[bytes]:
        raise ZeroDivisionError

    app.add_url_rule("/broken", "broken", broken)
    assert app.test_client().get("/broken").status_code == 500
    (line,) = lines()
    assert (line["route"], line["status"]) == ("/broken", 500)


def test_what_breaks_outside_of_the_application_is_counted_too(app: Flask, settings: Settings, lines: Lines) -> None:
    app = create_app(settings)
    app.before_request(lambda: exec("raise SystemExit"))
    before = figures(create_app(settings).test_client())["indicators_http_requests_in_flight"]
    lines()
    with pytest.raises(SystemExit):
        app.test_client().get("/health/live")
    assert [line["status"] for line in lines()] == [500]
    assert figures(create_app(settings).test_client())["indicators_http_requests_in_flight"] == before


def test_requests_are_counted_by_route_and_status(client: FlaskClient, auth_headers: dict[str, str]) -> None:
    def counted() -> tuple[float, float]:
        found = figures(client)
        labels = 'method="GET",route="/api/v1/imports/{import_id}"'
        return (
            found.get(f'indicators_http_requests_total{{{labels},status="404"}}', 0),
            found.get(f"indicators_http_request_duration_seconds_count{{{labels}}}", 0),
        )

    before = counted()
    for _ in range(3):
        client.get("/api/v1/imports/9", headers=auth_headers)
    assert counted() == (before[0] + 3, before[1] + 3)


def test_a_method_that_somebody_made_up_is_no_series_of_its_own(client: FlaskClient) -> None:
    client.open("/health/live", method="MADEUP")
    found = figures(client)
    assert not [name for name in found if "MADEUP" in name]
    assert [name for name in found if 'method="other"' in name]


def test_older_clients_get_the_same(client: FlaskClient) -> None:
    assert set(figures(client, "/v1/metrics")) >= {"indicators_database_up", 'indicators_records{kind="angel"}'}
    assert client.get("/metrics?format=xml").status_code == 400


def test_imports_are_told_from_the_database(
    client: FlaskClient, send: Send, change_import: Callable[..., None], app: Flask
) -> None:
    assert {figures(client)[f'indicators_imports{{status="{status}"}}'] for status in STATUSES} == {0}
    ids = [send(f"id;x\n{n}".encode()).get_json()["id"] for n in range(4)]
    started, ended = "2026-01-01T00:00:00Z", "2026-01-01T00:00:07Z"
    done = {"status": "completed", "attempts": 3, "started_at": started, "finished_at": ended}
    change_import(ids[0], **done, rows_read=12, rows_inserted=10, rows_rejected=2)
    change_import(ids[1], **done, rows_read=5, rows_updated=5, dry_run=True)
    change_import(ids[2], status="running", attempts=1, lease_expires_at="2026-01-01T00:00:00Z")
    change_import(ids[3], created_at="2026-01-01T00:00:00Z")
    found = figures(client)
    assert [found[f'indicators_imports{{status="{status}"}}'] for status in STATUSES] == [1, 1, 2, 0, 0, 0]
    assert found['indicators_import_rows_total{outcome="inserted"}'] == 10
    assert found['indicators_import_rows_total{outcome="rejected"}'] == 2
    assert found['indicators_import_rows_total{outcome="updated"}'] == 0
    assert found["indicators_import_interruptions_total"] == 4
    assert (found["indicators_import_leases_expired"], found["indicators_import_leases_held"]) == (1, 0)
    assert found["indicators_import_queue_age_seconds"] > 0
    assert found['indicators_import_duration_seconds_bucket{le="5.0"}'] == 0
    assert found['indicators_import_duration_seconds_bucket{le="10.0"}'] == 2
    assert found['indicators_import_duration_seconds_bucket{le="+Inf"}'] == 2
    assert found["indicators_import_duration_seconds_count"] == 2
    assert found["indicators_import_duration_seconds_sum"] == 14


def test_what_takes_exactly_a_bucket_s_bound_is_in_it(
    client: FlaskClient, send: Send, change_import: Callable[..., None]
) -> None:
    started, ended = "2026-01-01T00:00:00Z", "2026-01-01T00:00:05Z"
    import_id = send().get_json()["id"]
    change_import(import_id, status="completed", started_at=started, finished_at=ended)
    found = figures(client)
    assert found['indicators_import_duration_seconds_bucket{le="2.0"}'] == 0
    assert found['indicators_import_duration_seconds_bucket{le="5.0"}'] == 1


def test_few_records_are_counted_exactly(client: FlaskClient, auth_headers: dict[str, str]) -> None:
    for number in (1, 2):
        record = {"id_cliente": number, "angel": "Ana", "polo": f"SP - {number}", "data_limite": "2021-06-30"}
        assert client.post("/api/v1/atendimento", json=record, headers=auth_headers).status_code == 201
    found = figures(client)
    kinds = ("atendimento", "cliente", "angel", "polo")
    assert [found[f'indicators_records{{kind="{kind}"}}'] for kind in kinds] == [2, 2, 1, 2]


def test_without_database_and_broker_the_processes_figures_are_there(settings: Settings, no_broker: None) -> None:
    from dataclasses import replace

    nowhere = replace(settings, database_url="postgresql://nobody@127.0.0.1:1/none", redis_url="redis://127.0.0.1:1/0")
    found = figures(create_app(nowhere).test_client())
    assert (found["indicators_database_up"], found["indicators_broker_up"]) == (0, 0)
    assert "indicators_http_requests_in_flight" in found
    assert not [name for name in found if re.match("indicators_(imports|records|worker)", name)]


def test_the_pool_s_use_is_counted(app: Flask, client: FlaskClient) -> None:
    from src.extensions import db

    before = figures(client)["indicators_database_pool_in_use"]
    with app.app_context(), db.engine.connect():
        assert figures(client)["indicators_database_pool_in_use"] == before + 1
    found = figures(client)
    assert found["indicators_database_pool_in_use"] == before
    assert found["indicators_database_pool_limit"] > 2
