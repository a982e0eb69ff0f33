"""Sending files."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import io
import tracemalloc
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from src.config import Settings
from src.extensions import db
from src.models import Import
from tests.integration.api.sending import CSV, HEADER, URL, Send, files, queued


def test_a_raw_body_becomes_a_queued_import(
    send: Send, auth_headers: dict[str, str], settings: Settings, upload_folder: Path
) -> None:
    response = send(X_Filename="bd_desafio.csv")
    assert response.status_code == 202
    found = response.get_json()
    assert response.headers["Location"] == found["links"]["self"] == f"http://localhost{URL}/{found['id']}"
    expected = {
        "task_id": found["id"],
        "kind": "atendimentos",
        "mode": "upsert",
        "dry_run": False,
        "filename": "bd_desafio.csv",
        "sha256": hashlib.sha256(CSV).hexdigest(),
        "size_bytes": len(CSV),
        "status": "queued",
        "progress": 0.0,
        "rows": {"read": 0, "inserted": 0, "updated": 0, "unchanged": 0, "superseded": 0, "rejected": 0},
        "error": None,
        "created_by": 1,
        "started_at": None,
        "finished_at": None,
    }
    assert {name: found[name] for name in expected} == expected
    assert [path.read_bytes() for path in files(upload_folder)] == [CSV]
    assert queued(settings) == 1


def test_times_are_local_without_offset(app_with: Callable[..., Flask], send: Send, change_import: Any) -> None:
    import_id = send().get_json()["id"]
    change_import(import_id, started_at=datetime(2026, 1, 2, 1, 30, 59, 900000, tzinfo=UTC))
    assert send().get_json()["started_at"] == "2026-01-01T22:30:59"


def multipart(content: bytes, name: str | None = "a.csv", part: str = "file") -> dict[str, Any]:
    return {"data": {part: (io.BytesIO(content), name)}, "content_type": "multipart/form-data"}


def test_a_multipart_file_becomes_the_same(
    client: FlaskClient, auth_headers: dict[str, str], upload_folder: Path
) -> None:
    response = client.post(f"{URL}?mode=insert&dry_run=true", headers=auth_headers, **multipart(CSV, "minha folha.csv"))
    found = response.get_json()
    assert response.status_code == 202
    assert (found["filename"], found["mode"], found["dry_run"]) == ("minha folha.csv", "insert", True)
    assert (found["sha256"], found["size_bytes"]) == (hashlib.sha256(CSV).hexdigest(), len(CSV))
    assert [path.read_bytes() for path in files(upload_folder)] == [CSV]


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("C:\\Users\\Ana\\bd.csv", "bd.csv"),
        ("../../etc/passwd", "passwd"),
        ("caf%C3%A9.csv", "café.csv"),
        ("café.csv".encode().decode("latin-1"), "café.csv"),
        ("x" * 300 + ".csv", "x" * 255),
        ("a\tb.csv", "ab.csv"),
        ("%00%1b[31m.csv", "[31m.csv"),
        ("folder/", None),
        ("", None),
    ],
)
def test_of_the_filename_its_last_part_is_kept(send: Send, sent: str, kept: str | None) -> None:
    assert send(X_Filename=sent).get_json()["filename"] == kept


@pytest.mark.parametrize(
    "content_type",
    [
        "text/csv",
        "text/csv; charset=iso-8859-1",
        "TEXT/CSV",
        "application/csv",
        "text/plain",
        "application/octet-stream",
        "application/gzip",
        "application/x-gzip",
        "application/vnd.ms-excel",
        "",
    ],
)
def test_content_types_that_people_send_csv_with_are_taken(send: Send, content_type: str) -> None:
    assert send(Content_Type=content_type).status_code == 202


@pytest.mark.parametrize(
    "content_type",
    ["application/json", "image/png", "application/x-www-form-urlencoded", "multipart/mixed; boundary=x", "nonsense"],
)
def test_others_are_a_415_that_says_what_to_send(send: Send, upload_folder: Path, content_type: str) -> None:
    response = send(Content_Type=content_type)
    assert response.status_code == 415
    assert "multipart part `file`" in response.get_json()["detail"]
    assert files(upload_folder) == []


@pytest.mark.parametrize("encoding", [{}, {"Content_Encoding": "gzip"}])
def test_gzip_stays_packed(send: Send, upload_folder: Path, encoding: dict[str, str]) -> None:
    packed = gzip.compress(CSV)
    response = send(packed, **encoding)
    assert response.status_code == 202
    assert response.get_json()["size_bytes"] == len(packed)
    assert files(upload_folder)[0].read_bytes() == packed


def test_another_encoding_is_a_415(send: Send) -> None:
    response = send(Content_Encoding="br")
    assert response.status_code == 415
    assert "br" in response.get_json()["detail"]


@pytest.mark.parametrize("content", [b"", gzip.compress(b"")], ids=["plain", "gzip"])
def test_an_empty_file_is_a_422(send: Send, client: FlaskClient, auth_headers: dict[str, str], content: bytes) -> None:
    for response in (send(content), client.post(URL, headers=auth_headers, **multipart(content))):
        assert response.status_code == 422
        assert response.get_json()["type"] == "urn:problem-type:empty-upload"


BINARIES = {
    "xlsx": b"PK\x03\x04" + b"x" * 50,
    "xls": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
    "pdf": b"%PDF-1.7\n",
    "png": b"\x89PNG\r\n\x1a\n",
    "nul": HEADER.encode() + b"\n1;\0;",
    "bzip2": bz2.compress(CSV),
    "gzip of a zip": gzip.compress(b"PK\x03\x04" + b"x" * 50),
    "gzip of gzip": gzip.compress(gzip.compress(CSV)),
    "broken gzip": b"\x1f\x8b\x08nonsense",
    "cut gzip": gzip.compress(CSV)[:5],
}


@pytest.mark.parametrize("content", BINARIES.values(), ids=BINARIES.keys())
def test_what_is_no_text_is_a_415_and_nothing_stays(
    app: Flask, send: Send, upload_folder: Path, content: bytes
) -> None:
    response = send(content)
    assert response.status_code == 415
    assert response.get_json()["type"] == "urn:problem-type:unsupported-upload"
    assert files(upload_folder) == []
    with app.app_context():
        assert db.session.query(Import).count() == 0


def test_a_workbook_is_told_to_be_saved_as_csv(send: Send) -> None:
    assert "Save it as CSV" in send(BINARIES["xlsx"]).get_json()["detail"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_text_of_any_encoding_is_taken(send: Send, encoding: str) -> None:
    assert send("id_cliente;nome\n1;João\n".encode(encoding)).status_code == 202


def test_a_file_of_exactly_the_limit_is_taken_and_a_byte_more_is_a_413(
    app_with: Callable[..., Flask], send: Send, client: FlaskClient, auth_headers: dict[str, str], upload_folder: Path
) -> None:
    app_with(max_upload_bytes=len(CSV))
    assert send().status_code == 202
    more = CSV + b"\n"
    for response in (send(more), client.post(URL, headers=auth_headers, **multipart(more))):
        assert response.status_code == 413
        assert response.get_json()["detail"] == f"The file is larger than the limit of {len(CSV)} bytes."
    assert [path.read_bytes() for path in files(upload_folder)] == [CSV]


def test_an_upload_may_be_larger_than_other_requests(send: Send, client: FlaskClient) -> None:
    large = CSV * 20_000
    assert len(large) > 1024**2
    assert send(large).status_code == 202
    assert client.post("/api/v1/auth/login", data=large, content_type="application/json").status_code == 413


@pytest.mark.parametrize(
    "request_",
    [
        multipart(CSV, part="csv"),
        {"data": {}, "content_type": "multipart/form-data"},
        {"data": {"file": "text"}, "content_type": "multipart/form-data"},
        {"data": b"", "content_type": "multipart/form-data"},
        {"data": b"--x\r\nnonsense", "content_type": "multipart/form-data; boundary=x"},
        {"data": b"--x--", "content_type": "multipart/form-data; boundary=\xe9"},
        {
            "data": {"file": [(io.BytesIO(CSV), "a.csv"), (io.BytesIO(CSV), "b.csv")]},
            "content_type": "multipart/form-data",
        },
    ],
)
def test_a_multipart_request_without_one_file_is_a_422(
    client: FlaskClient, auth_headers: dict[str, str], upload_folder: Path, request_: dict[str, Any]
) -> None:
    response = client.post(URL, headers=auth_headers, **request_)
    assert response.status_code == 422
    assert response.get_json()["type"] == "urn:problem-type:upload-missing"
    assert files(upload_folder) == []


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"kind": "clientes"}, "Give kind in the URL, as ?kind=..."),
        ({"mode": "insert", "dry_run": "true"}, "Give dry_run in the URL, as ?dry_run=..."),
        ({"force": ""}, "Give force in the URL"),
        ({"description": "june", "file": "twice"}, "Unknown form field: send only the part `file`"),
        ({"\u0000": "x"}, "Unknown form field"),
    ],
)
def test_a_form_field_beside_the_file_is_a_422_that_names_it(
    client: FlaskClient, auth_headers: dict[str, str], upload_folder: Path, fields: dict[str, str], sentence: str
) -> None:
    data = {**fields, "file": [*([fields["file"]] if "file" in fields else []), (io.BytesIO(CSV), "a.csv")]}
    response = client.post(URL, headers=auth_headers, data=data, content_type="multipart/form-data")
    assert response.status_code == 422
    assert sorted(response.get_json()["errors"]) == sorted(fields)
    assert sentence in response.get_json()["detail"]
    assert files(upload_folder) == []


@pytest.mark.parametrize("path", ["/api/v1/atendimento/import_csv", "/v1/customers/batch"])
def test_a_form_field_is_not_sent_to_where_the_url_does_not_take_it(
    client: FlaskClient, auth_headers: dict[str, str], path: str
) -> None:
    data = {"kind": "clientes", "mode": "insert", "file": (io.BytesIO(CSV), "a.csv")}
    response = client.post(path, headers=auth_headers, data=data, content_type="multipart/form-data")
    assert response.status_code == 422
    assert response.get_json()["errors"] == {
        "kind": ["Unknown form field: send only the part `file`, with the CSV."],
        "mode": ["Give mode in the URL, as ?mode=..., not as a form field."],
    }


@pytest.mark.parametrize("query", ["kind=x", "mode=delete", "dry_run=maybe", "force=2", "kind=atendimentos&mode=x"])
def test_wrong_options_are_a_422_by_field(send: Send, upload_folder: Path, query: str) -> None:
    response = send(path=f"{URL}?{query}")
    assert response.status_code == 422
    assert response.get_json()["errors"]
    assert files(upload_folder) == []


class Endless(io.RawIOBase):
    """A body of `size` bytes that exists nowhere."""

    def __init__(self, size: int) -> None:
        self._left = size

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        count = min(len(buffer), self._left)
        buffer[:count] = b"x" * count
        self._left -= count
        return count


@pytest.mark.parametrize("size", [1, 64])
def test_memory_does_not_grow_with_the_file(client: FlaskClient, auth_headers: dict[str, str], size: int) -> None:
    length = size * 1024**2
    headers = {**auth_headers, "Content-Type": "text/csv"}
    body = {"CONTENT_LENGTH": str(length), "wsgi.input": io.BufferedReader(Endless(length))}
    client.get("/health/live")
    tracemalloc.start()
    try:
        response = client.post(URL, headers=headers, environ_overrides=body)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert response.get_json()["size_bytes"] == length
    assert peak < 4 * 1024**2


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/api/v1/atendimento/import_csv", "atendimentos"),
        ("/api/v1/clientes/import_csv", "clientes"),
        ("/v1/imports", "atendimentos"),
        ("/v1/imports?kind=clientes", "clientes"),
        ("/v1/services/batch", "atendimentos"),
        ("/v1/customers/batch", "clientes"),
        ("/v1/atendimento/import_csv", "atendimentos"),
    ],
)
def test_the_older_addresses_take_files_too(send: Send, path: str, kind: str) -> None:
    response = send(path=path)
    assert response.status_code == 202
    assert response.get_json()["kind"] == kind
    assert response.headers["Location"] == "http://localhost/api/v1/imports/1"
