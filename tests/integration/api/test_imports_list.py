"""Following imports: lists, one, as a task, cancelled."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import insert, select

from src.api.schemas.imports import ORDERS
from src.extensions import db
from src.models import Import
from tests.integration.api.sending import Send

URL = "/api/v1/imports"
TOO_LARGE = 2**63


@pytest.fixture
def get(client: FlaskClient, auth_headers: dict[str, str]) -> Callable[..., Any]:
    return lambda path: client.get(path, headers=auth_headers)


@pytest.fixture
def seven(app: Flask) -> list[int]:
    """Seven imports, the third and fifth of clientes, the fourth failed."""
    rows = [
        {
            "kind": "clientes" if number in (3, 5) else "atendimentos",
            "mode": "upsert",
            "dry_run": False,
            "force": False,
            "sha256": str(number),
            "size_bytes": 1,
            "storage_key": str(number),
            "status": "failed" if number == 4 else "queued",
        }
        for number in range(1, 8)
    ]
    with app.app_context():
        db.session.execute(insert(Import), rows)
        db.session.commit()
    return list(range(7, 0, -1))


def ids(answer: dict[str, Any]) -> list[int]:
    return [found["id"] for found in answer["data"]]


def test_without_imports_the_list_is_empty(get: Callable[..., Any]) -> None:
    assert get(URL).get_json() == {"data": [], "next": None, "prev": None}


def test_imports_are_listed_newest_first(get: Callable[..., Any], seven: list[int]) -> None:
    answer = get(URL).get_json()
    assert ids(answer) == seven
    assert (answer["next"], answer["prev"]) == (None, None)


def test_pages_lead_through_the_list_and_back(get: Callable[..., Any], seven: list[int]) -> None:
    first = get(f"{URL}?limit=3").get_json()
    second = get(first["next"]).get_json()
    third = get(second["next"]).get_json()
    assert [ids(first), ids(second), ids(third)] == [[7, 6, 5], [4, 3, 2], [1]]
    assert (first["prev"], third["next"]) == (None, None)
    assert get(third["prev"]).get_json()["data"] == second["data"]
    back = get(second["prev"]).get_json()
    assert (back["data"], back["prev"], ids(get(back["next"]).get_json())) == (first["data"], None, [4, 3, 2])


def test_a_page_that_ends_with_the_list_has_no_next(get: Callable[..., Any], seven: list[int]) -> None:
    assert get(f"{URL}?limit=7").get_json()["next"] is None


def test_pages_neither_skip_nor_double_while_imports_arrive(
    get: Callable[..., Any], seven: list[int], send: Send
) -> None:
    first = get(f"{URL}?limit=3").get_json()
    send()
    assert ids(get(first["next"]).get_json()) == [4, 3, 2]


def test_neighbours_are_in_the_link_header_too(get: Callable[..., Any], seven: list[int]) -> None:
    response = get(get(f"{URL}?limit=3").get_json()["next"])
    answer = response.get_json()
    assert response.headers.getlist("Link") == [f'<{answer["next"]}>; rel="next"', f'<{answer["prev"]}>; rel="prev"']


def test_filters_hold_on_the_next_page(get: Callable[..., Any], seven: list[int]) -> None:
    assert ids(get(f"{URL}?kind=clientes").get_json()) == [5, 3]
    assert ids(get(f"{URL}?status=failed").get_json()) == [4]
    first = get(f"{URL}?kind=clientes&limit=1").get_json()
    second = get(first["next"]).get_json()
    assert (ids(first), ids(second), second["next"]) == ([5], [3], None)


def test_the_list_is_downloaded_as_its_filters_and_its_order_leave_it(
    get: Callable[..., Any], seven: list[int], change_import: Callable[..., None]
) -> None:
    change_import(3, filename="=run.csv", rows_read=2, rows_rejected=2, started_at=datetime(2026, 1, 2, 15, tzinfo=UTC))
    response = get(f"{URL}?kind=clientes&order_by=id&format=csv")
    assert response.headers["Content-Disposition"] == 'attachment; filename="imports.csv"'
    third, fifth = csv.DictReader(io.StringIO(response.text))
    assert (third["id"], third["rows_rejected"], third["rows_inserted"], fifth["id"]) == ("3", "2", "0", "5")
    assert (third["filename"], third["dry_run"], third["started_at"]) == ("'=run.csv", "false", "2026-01-02T12:00:00")
    response = get(f"{URL}?format=ndjson")
    lines = [json.loads(line) for line in response.data.splitlines()]
    assert [line["id"] for line in lines] == seven
    shown = get(f"{URL}/3").get_json()
    flat = {name: value for name, value in shown.items() if name not in ("task_id", "rows", "links")}
    assert lines[4] == flat | {f"rows_{name}": count for name, count in shown["rows"].items()}
    assert get(f"{URL}?format=csv&limit=2").text.count("\r\n") == 3
    assert get(f"{URL}?format=csv&order_by=sha256").status_code == 400


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("page=1&per_page=3", [7, 6, 5]),
        ("page=3&per_page=3", [1]),
        ("page=4&per_page=3", []),
        ("limit=2&offset=5", [2, 1]),
        ("offset=7", []),
        ("order_by=id&limit=2", [1, 2]),
        ("order_by=-kind&limit=3", [5, 3, 7]),
        ("order_by=status&limit=1", [4]),
    ],
)
def test_numbered_pages_offsets_and_orders_are_understood(
    get: Callable[..., Any], seven: list[int], query: str, found: list[int]
) -> None:
    assert ids(get(f"{URL}?{query}").get_json()) == found


@pytest.mark.parametrize("name", ORDERS)
@pytest.mark.parametrize("sign", ["", "-"])
def test_pages_in_every_order_neither_skip_nor_double(
    get: Callable[..., Any], seven: list[int], change_import: Callable[..., None], name: str, sign: str
) -> None:
    change_import(3, filename="b.csv", started_at=datetime(2026, 1, 2, tzinfo=UTC))
    change_import(5, filename="a.csv", finished_at=datetime(2026, 1, 3, tzinfo=UTC))
    whole = ids(get(f"{URL}?order_by={sign}{name}").get_json())
    assert sorted(whole) == seven[::-1]
    page, found = get(f"{URL}?order_by={sign}{name}&limit=2").get_json(), []
    while True:
        found += ids(page)
        if page["next"] is None:
            break
        page = get(page["next"]).get_json()
    assert found == whole


@pytest.mark.parametrize("order", ["sha256", "--id", "storage_key"])
def test_another_order_is_a_400_that_names_those_there_are(get: Callable[..., Any], order: str) -> None:
    response = get(f"{URL}?order_by={order}")
    assert response.status_code == 400
    for name in ORDERS:
        assert name in response.get_json()["errors"]["order_by"][0]


def test_the_old_address_pages_at_the_old_address(get: Callable[..., Any], seven: list[int]) -> None:
    first = get("/v1/imports?limit=4").get_json()
    assert first["next"].startswith("http://localhost/v1/imports?")
    assert ids(get(first["next"]).get_json()) == [3, 2, 1]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=1001", "limit"),
        ("limit=x", "limit"),
        ("page=0", "page"),
        ("per_page=1001", "per_page"),
        ("offset=-1", "offset"),
        ("limit=1e3", "limit"),
        ("kind=x", "kind"),
        ("status=done", "status"),
        ("cursor=x", "cursor"),
        ("cursor=é", "cursor"),
        ("cursor=%00", "cursor"),
        ("cursor=Pjk5OTk5OTk5OTk5OTk5OTk5OTk5", "cursor"),
    ],
)
def test_wrong_parameters_are_told_by_field(get: Callable[..., Any], query: str, field: str) -> None:
    response = get(f"{URL}?{query}")
    assert response.status_code == 422
    assert response.mimetype == "application/problem+json"
    assert list(response.get_json()["errors"]) == [field]


def test_an_import_is_shown_at_its_location(get: Callable[..., Any], send: Send) -> None:
    sent = send()
    shown = get(sent.headers["Location"]).get_json()
    assert shown | {"repeated": False} == sent.get_json()
    assert "repeated" not in shown


def test_an_import_that_has_not_changed_is_a_304(
    client: FlaskClient, auth_headers: dict[str, str], send: Send, change_import: Callable[..., None]
) -> None:
    sent = send().get_json()

    def ask(tag: str) -> Any:
        return client.get(sent["links"]["self"], headers={**auth_headers, "If-None-Match": tag})

    first = ask('"x"')
    assert (first.status_code, first.headers["Cache-Control"]) == (200, "private, no-cache")
    again = ask(first.headers["ETag"])
    assert (again.status_code, again.data) == (304, b"")
    change_import(sent["id"], progress=0.5)
    assert ask(first.headers["ETag"]).get_json()["progress"] == 0.5


@pytest.mark.parametrize("path", ["{}", "{}/rejections", "{}/rejections?format=csv"])
@pytest.mark.parametrize("import_id", [1, TOO_LARGE - 1, TOO_LARGE, 10**30, 0, -1, "x", "1.5", "%00"])
def test_no_such_import_is_a_404_problem(get: Callable[..., Any], path: str, import_id: Any) -> None:
    response = get(f"{URL}/{path.format(import_id)}")
    assert response.status_code == 404
    assert response.mimetype == "application/problem+json"


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("queued", "PENDING"),
        ("running", "STARTED"),
        ("completed", "SUCCESS"),
        ("failed", "FAILURE"),
        ("cancelled", "REVOKED"),
    ],
)
def test_an_import_is_a_task_in_celerys_words(
    get: Callable[..., Any], send: Send, change_import: Callable[..., None], status: str, state: str
) -> None:
    task_id = send().get_json()["task_id"]
    change_import(task_id, status=status)
    for prefix in ("/api/v1/atendimento", "/v1/atendimento", "/v1/services"):
        answer = get(f"{prefix}/task_status/{task_id}").get_json()
        assert (answer["state"], answer["status"]) == (state, status)
        assert answer["result"] == get(f"{URL}/{task_id}").get_json()


@pytest.mark.parametrize("task_id", [1, TOO_LARGE, "4f0c3b9e-0000-4000-8000-000000000000"])
def test_no_such_task_is_a_404(get: Callable[..., Any], task_id: Any) -> None:
    assert get(f"/api/v1/atendimento/task_status/{task_id}").status_code == 404


def test_a_queued_import_is_cancelled_at_once_and_its_file_is_gone(
    client: FlaskClient, auth_headers: dict[str, str], send: Send, upload_folder: Any
) -> None:
    sent = send().get_json()
    response = client.post(sent["links"]["cancel"], headers=auth_headers)
    assert response.status_code == 202
    assert response.get_json()["status"] == "cancelled"
    assert response.get_json()["finished_at"] is not None
    assert list(upload_folder.iterdir()) == []


def test_a_running_import_is_only_asked_to_stop_and_remembers_the_first_asking(
    app: Flask,
    client: FlaskClient,
    auth_headers: dict[str, str],
    send: Send,
    change_import: Callable[..., None],
    upload_folder: Any,
) -> None:
    sent = send().get_json()
    change_import(sent["id"], status="running")

    def ask() -> Any:
        response = client.post(sent["links"]["cancel"], headers=auth_headers)
        assert (response.status_code, response.get_json()["status"]) == (202, "running")
        with app.app_context():
            return db.session.scalar(select(Import.cancel_requested_at))

    first = ask()
    assert first is not None
    assert ask() == first
    assert len(list(upload_folder.iterdir())) == 1


@pytest.mark.parametrize("status", ["completed", "failed", "cancelled"])
def test_an_import_that_has_ended_cannot_be_cancelled(
    client: FlaskClient, auth_headers: dict[str, str], send: Send, change_import: Callable[..., None], status: str
) -> None:
    sent = send().get_json()
    change_import(sent["id"], status=status)
    response = client.post(sent["links"]["cancel"], headers=auth_headers)
    assert response.status_code == 409
    assert response.get_json()["detail"] == f"Import {sent['id']} has ended already: it is {status}."


@pytest.mark.parametrize("import_id", [1, TOO_LARGE])
def test_cancelling_no_import_is_a_404(client: FlaskClient, auth_headers: dict[str, str], import_id: int) -> None:
    assert client.post(f"{URL}/{import_id}/cancel", headers=auth_headers).status_code == 404
