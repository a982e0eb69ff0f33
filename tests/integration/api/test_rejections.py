"""Rejected rows, as a list and as a file."""

from __future__ import annotations

import csv
import io
import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from src.extensions import db
from tests.integration.api.sending import HEADER, Send

ROWS = 20_000


@pytest.fixture
def import_id(send: Send, change_import: Callable[..., None]) -> int:
    """An import whose file had the usual header."""
    found: int = send().get_json()["id"]
    change_import(found, header=HEADER.split(";"), delimiter=";")
    return found


@pytest.fixture
def download(client: FlaskClient, auth_headers: dict[str, str], import_id: int) -> Callable[[], list[list[str]]]:
    def get() -> list[list[str]]:
        response = client.get(f"/api/v1/imports/{import_id}/rejections?format=csv", headers=auth_headers)
        assert response.status_code == 200
        assert response.content_type == "text/csv; charset=utf-8"
        assert response.headers["Content-Disposition"] == f'attachment; filename="rejections-{import_id}.csv"'
        return list(csv.reader(io.StringIO(response.data.decode(), newline=""), delimiter=";"))

    return get


def test_rejected_rows_are_listed_by_line_in_pages(
    client: FlaskClient, auth_headers: dict[str, str], import_id: int, reject: Callable[..., None]
) -> None:
    reject(import_id, (30, "c"), (10, "a"), (20, "b"))
    first = client.get(f"/api/v1/imports/{import_id}/rejections?limit=2", headers=auth_headers).get_json()
    assert first["data"][0] == {
        "line": 10,
        "column": "id_cliente",
        "code": "not_an_id",
        "reason": "Not a positive integer.",
        "raw": "a",
    }
    second = client.get(first["next"], headers=auth_headers).get_json()
    assert [row["line"] for row in first["data"] + second["data"]] == [10, 20, 30]
    assert second["next"] is None


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("page=2&per_page=1", [20]),
        ("limit=2&offset=1", [20, 30]),
        ("offset=9", []),
        ("order_by=-line&limit=2", [30, 20]),
        ("order_by=code", [10, 20, 30]),
        ("order_by=-column", [30, 20, 10]),
    ],
)
def test_numbered_pages_offsets_and_orders_are_understood(
    client: FlaskClient,
    auth_headers: dict[str, str],
    import_id: int,
    reject: Callable[..., None],
    query: str,
    found: list[int],
) -> None:
    reject(import_id, (30, "c"), (10, "a"), (20, "b"))
    url = f"/api/v1/imports/{import_id}/rejections?{query}"
    assert [row["line"] for row in client.get(url, headers=auth_headers).get_json()["data"]] == found
    downloaded = client.get(f"{url}&format=csv", headers=auth_headers).text.splitlines()
    assert [int(row.split(";")[6]) for row in downloaded[1:]] == found


@pytest.mark.parametrize("format", ["json", "csv"])
def test_another_order_is_a_400_that_names_those_there_are(
    client: FlaskClient, auth_headers: dict[str, str], import_id: int, format: str
) -> None:
    url = f"/api/v1/imports/{import_id}/rejections?order_by=raw&format={format}"
    response = client.get(url, headers=auth_headers)
    assert response.status_code == 400
    assert "line, column, code" in response.get_json()["errors"]["order_by"][0]


def test_rejections_of_another_import_are_not_its_own(
    client: FlaskClient, auth_headers: dict[str, str], import_id: int, send: Send, reject: Callable[..., None]
) -> None:
    other = send(b"other").get_json()["id"]
    reject(other, (2, "x"))
    assert client.get(f"/api/v1/imports/{import_id}/rejections", headers=auth_headers).get_json()["data"] == []


def test_the_file_has_the_original_columns_and_why(
    download: Callable[[], list[list[str]]], import_id: int, reject: Callable[..., None]
) -> None:
    reject(import_id, (7, "1;x;Ana;SP - SAO PAULO;30/06/2021;-"), (9, '2;"a ""b"";c";João;"two\nlines";;-'))
    assert download() == [
        [*HEADER.split(";"), "line", "reason"],
        ["1", "x", "Ana", "SP - SAO PAULO", "30/06/2021", "-", "7", "Not a positive integer."],
        ["2", 'a "b";c', "João", "two\nlines", "", "-", "9", "Not a positive integer."],
    ]


def test_ragged_rows_keep_line_and_reason_in_their_columns(
    download: Callable[[], list[list[str]]], import_id: int, reject: Callable[..., None]
) -> None:
    reject(import_id, (2, "1;2"), (3, "1;2;3;4;5;6;7;8"), (4, ""))
    _, short, long, empty = download()
    assert short == ["1", "2", "", "", "", "", "2", "Not a positive integer."]
    assert long == ["1", "2", "3", "4", "5", "6;7;8", "3", "Not a positive integer."]
    assert empty == [*[""] * 6, "4", "Not a positive integer."]


def test_what_a_spreadsheet_would_run_is_made_harmless(
    download: Callable[[], list[list[str]]], import_id: int, reject: Callable[..., None]
) -> None:
    reject(import_id, (2, "=1+1;@x;+cmd;-cmd;-5;-"))
    assert download()[1][:6] == ["'=1+1", "'@x", "'+cmd", "'-cmd", "-5", "-"]


def test_the_file_comes_in_the_delimiter_it_was_sent_in(
    client: FlaskClient, auth_headers: dict[str, str], import_id: int, change_import: Any, reject: Any
) -> None:
    change_import(import_id, header=["a", "b"], delimiter=",")
    reject(import_id, (2, '1,"x;y"'))
    response = client.get(f"/api/v1/imports/{import_id}/rejections?format=csv", headers=auth_headers)
    assert response.text == "a,b,line,reason\r\n1,x;y,2,Not a positive integer.\r\n"


def test_an_import_that_never_saw_its_header_gives_an_empty_file(
    client: FlaskClient, auth_headers: dict[str, str], send: Send
) -> None:
    import_id = send().get_json()["id"]
    response = client.get(f"/api/v1/imports/{import_id}/rejections?format=csv", headers=auth_headers)
    assert response.text == "line;reason\r\n"


def test_a_download_of_any_length_takes_the_same_memory(
    app: Flask, client: FlaskClient, auth_headers: dict[str, str], import_id: int
) -> None:
    with app.app_context():
        db.session.execute(
            text(
                "insert into import_rejection select :id, line, 'id_cliente', 'not_an_id', 'Not a positive integer.',"
                " '1;x;Gabriel Pereira Bandoli;BA - FEIRA DE SANTANA;30/06/2021;-' from generate_series(1, :rows) line"
            ),
            {"id": import_id, "rows": ROWS},
        )
        db.session.commit()
    tracemalloc.start()
    try:
        response = client.get(
            f"/api/v1/imports/{import_id}/rejections?format=csv", headers=auth_headers, buffered=False
        )
        length = sum(len(block) for block in response.iter_encoded())
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert length > ROWS * 80
    assert peak < 3 * 1024**2


def test_an_unknown_format_is_a_422(client: FlaskClient, auth_headers: dict[str, str], import_id: int) -> None:
    response = client.get(f"/api/v1/imports/{import_id}/rejections?format=xml", headers=auth_headers)
    assert response.status_code == 422
