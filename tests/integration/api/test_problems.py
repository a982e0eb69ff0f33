"""Every error is a problem, and none tells what it should not."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask, abort
from flask.testing import FlaskClient
from sqlalchemy import text

from src.app import create_app
from src.config import Settings
from src.extensions import db
from src.services.snapshot import snapshot_cursor

MEMBERS = {"type", "title", "status", "detail", "errors", "request_id"}


def test_an_unknown_address_is_a_404_problem(client: FlaskClient) -> None:
    response = client.get("/nowhere")
    assert (response.status_code, response.mimetype) == (404, "application/problem+json")
    answer = response.get_json()
    assert set(answer) == MEMBERS
    assert (answer["type"], answer["status"], answer["title"]) == ("about:blank", 404, "Not Found")


def test_the_405_keeps_what_is_allowed(client: FlaskClient) -> None:
    response = client.delete("/api/v1/imports")
    assert (response.status_code, response.mimetype) == (405, "application/problem+json")
    assert {"GET", "POST"} <= set(response.headers["Allow"].split(", "))
    assert response.get_json()["detail"] == "This address accepts GET, HEAD, OPTIONS, POST."


@pytest.mark.parametrize("sent", ["a", "A-b_c.9", "x" * 64])
def test_a_sane_request_id_comes_back_and_is_in_the_problem(client: FlaskClient, sent: str) -> None:
    response = client.get("/nowhere", headers={"X-Request-ID": sent})
    assert response.headers["X-Request-ID"] == response.get_json()["request_id"] == sent


@pytest.mark.parametrize("sent", ["", "x" * 65, "a b", "a;b", "é", "<script>"])
def test_another_request_id_is_replaced(client: FlaskClient, sent: str) -> None:
    found = client.get("/health/live", headers={"X-Request-ID": sent}).headers["X-Request-ID"]
    assert found != sent
    assert len(found) == 32


def test_two_requests_have_two_ids(client: FlaskClient) -> None:
    ids = {client.get("/health/live").headers["X-Request-ID"] for _ in range(2)}
    assert len(ids) == 2


@pytest.fixture
def broken(settings: Settings) -> Callable[[Callable[[], Any]], Any]:
    """Answer a request with what a view does."""

    def get(view: Callable[[], Any], **changes: Any) -> Any:
        app = create_app(replace(settings, **changes))
        app.add_url_rule("/broken", view_func=view, endpoint="broken")
        return app.test_client().get("/broken", headers={"X-Request-ID": "the-id"}, buffered=True)

    return get


def test_the_unexpected_is_a_bare_500_and_logged_with_the_request_id(
    broken: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    def view() -> None:
        password = "".join(("password", " of a user"))
        raise ZeroDivisionError("the secret" if password else "")

    response = broken(view)
    assert (response.status_code, response.mimetype) == (500, "application/problem+json")
    assert "secret" not in response.text
    assert "ZeroDivision" not in response.text
    logged, _ = map(json.loads, capsys.readouterr().err.splitlines())  # and the line of the request
    assert (logged["event"], logged["level"], logged["request_id"]) == ("unexpected_error", "error", "the-id")
    assert "ZeroDivisionError: the secret" in logged["exception"]
    assert "password of a user" not in logged["exception"]


def test_a_query_that_takes_too_long_is_a_503(broken: Any) -> None:
    response = broken(lambda: db.session.execute(text("select pg_sleep(30)")), statement_timeout_seconds=1)
    assert response.status_code == 503
    assert response.get_json()["detail"] == "The database took too long to answer."
    assert response.headers["Retry-After"] == "5"


def test_a_query_of_the_drivers_own_that_takes_too_long_is_a_503(broken: Any) -> None:
    def view() -> None:
        with snapshot_cursor() as cursor:
            cursor.execute("select pg_sleep(30)")

    response = broken(view, statement_timeout_seconds=1)
    assert response.status_code == 503
    assert response.get_json()["detail"] == "The database took too long to answer."


def test_a_database_that_is_down_is_a_503_without_the_drivers_text(broken: Any) -> None:
    response = broken(
        lambda: db.session.execute(text("select 1")), database_url="postgres://somebody:password@127.0.0.1:1/none"
    )
    assert response.status_code == 503
    answer = response.get_json()
    assert (answer["type"], answer["detail"]) == (
        "urn:problem-type:database-unavailable",
        "The database can't be reached right now.",
    )


def test_without_a_database_the_503_says_how_to_get_one(broken: Any) -> None:
    response = broken(lambda: db.session.execute(text("select 1")), database_url=None)
    assert response.status_code == 503
    assert "make run" in response.get_json()["detail"]


def test_a_wrong_query_is_a_bare_500(broken: Any) -> None:
    response = broken(lambda: db.session.execute(text("select nonsense")))
    assert response.status_code == 500
    assert "nonsense" not in response.text


@pytest.mark.parametrize("status", [400, 403, 406, 409, 410, 412, 416, 418, 422, 429, 451, 500, 501, 502, 503, 504])
def test_any_abort_is_a_problem(broken: Any, status: int) -> None:
    response = broken(lambda: abort(status))
    assert (response.status_code, response.mimetype) == (status, "application/problem+json")
    assert set(response.get_json()) == MEMBERS


def test_the_statement_timeout_is_for_requests_alone(app: Flask, settings: Settings) -> None:
    own = create_app(settings)
    own.add_url_rule("/timeout", view_func=lambda: db.session.scalar(text("show statement_timeout")))
    assert own.test_client().get("/timeout").text == f"{settings.statement_timeout_seconds}s"
    other = create_app(settings)
    with other.app_context():
        assert db.session.scalar(text("show statement_timeout")) == "0"
