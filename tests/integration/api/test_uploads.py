"""Sending files."""

from __future__ import annotations

import bz2
import errno
import gzip
import hashlib
import io
import os
import threading
import tracemalloc
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import redis
from flask import Flask
from flask.testing import FlaskClient
from psycopg import OperationalError
from werkzeug.test import TestResponse

from src.config import Settings
from src.errors import StorageFull
from src.extensions import db
from src.models import Import
from src.services.run_import import run_import
from src.services.storage import uploads
from tests.integration.api.sending import CSV, HEADER, Send

URL = "/api/v1/imports"


def files(folder: Path) -> list[Path]:
    return sorted(folder.iterdir()) if folder.is_dir() else []


def queued(settings: Settings) -> int:
    assert settings.redis_url
    return redis.Redis.from_url(settings.redis_url).llen("imports")  # type: ignore[return-value]


def test_a_raw_body_becomes_a_queued_import(
    send: Send, auth_headers: dict[str, str], settings: Settings, upload_folder: Path
) -> None:
    response = send(X_Filename="bd_desafio.csv")
    assert response.status_code == 202
    found = response.get_json()
    assert response.headers["Location"] == found["links"]["self"] == f"{URL}/{found['id']}"
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


@pytest.mark.parametrize(
    "query", ["kind=x", "mode=delete", "dry_run=maybe", "force=2", "kind=", "kind=atendimentos&mode=x"]
)
def test_wrong_options_are_a_422_by_field(send: Send, upload_folder: Path, query: str) -> None:
    response = send(path=f"{URL}?{query}")
    assert response.status_code == 422
    assert response.get_json()["errors"]
    assert files(upload_folder) == []


def test_the_same_content_with_the_same_options_is_the_same_import(
    send: Send, change_import: Any, settings: Settings, upload_folder: Path
) -> None:
    first = send()
    for status in ("queued", "running", "completed"):
        change_import(first.get_json()["id"], status=status)
        again = send(X_Filename="other.csv")
        assert again.status_code == 200
        assert again.headers["Location"] == first.headers["Location"]
        assert (again.get_json()["id"], again.get_json()["status"]) == (first.get_json()["id"], status)
    assert len(files(upload_folder)) == 1
    assert queued(settings) == 1


@pytest.mark.parametrize("status", ["failed", "cancelled"])
def test_content_whose_import_failed_may_be_sent_again(send: Send, change_import: Any, status: str) -> None:
    change_import(send().get_json()["id"], status=status)
    assert send().status_code == 202


@pytest.mark.parametrize("query", ["kind=clientes", "mode=insert", "dry_run=true", "force=true"])
def test_other_options_make_another_import(send: Send, upload_folder: Path, query: str) -> None:
    first = send().get_json()["id"]
    other = send(path=f"{URL}?{query}")
    assert other.status_code == 202
    assert other.get_json()["id"] != first
    assert len(files(upload_folder)) == 2


def test_content_that_was_only_ever_forced_is_known_too(send: Send) -> None:
    forced = send(path=f"{URL}?force=true").get_json()["id"]
    assert send().get_json()["id"] == forced


def test_an_upload_that_is_repeated_under_its_key_makes_one_import_whatever_became_of_it(
    send: Send, change_import: Any, settings: Settings, upload_folder: Path
) -> None:
    forced = f"{URL}?force=true"
    first = send(path=forced, Idempotency_Key="one")
    for status in ("queued", "completed", "cancelled"):
        change_import(first.get_json()["id"], status=status)
        again = send(path=forced, Idempotency_Key="one")
        assert (again.status_code, again.get_json()["id"]) == (200, first.get_json()["id"])
        assert again.get_json()["status"] == status
    assert len(files(upload_folder)) == 1
    assert queued(settings) == 1
    for other in ({"path": forced, "data": CSV + CSV}, {"path": f"{forced}&mode=insert"}):
        assert send(**other, Idempotency_Key="one").status_code == 422
    assert send(path=forced, Idempotency_Key="two").status_code == 202
    assert len(files(upload_folder)) == 2


def test_fifty_uploads_of_one_content_at_once_make_one_import(
    app: Flask, auth_headers: dict[str, str], upload_folder: Path, settings: Settings
) -> None:
    responses: list[TestResponse] = []
    ready = threading.Barrier(10)

    def post() -> None:
        ready.wait()
        for _ in range(5):
            headers = {**auth_headers, "Content-Type": "text/csv"}
            responses.append(app.test_client().post(URL, data=CSV, headers=headers))

    threads = [threading.Thread(target=post) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted({response.status_code for response in responses}) == [200, 202]
    assert [response.status_code for response in responses].count(202) == 1
    assert {response.get_json()["id"] for response in responses} == {1}
    assert len(files(upload_folder)) == 1
    assert queued(settings) == 1


def test_without_a_broker_the_import_waits_and_the_sender_does_not(
    no_broker: None, send: Send, upload_folder: Path
) -> None:
    response = send()
    assert response.status_code == 202
    assert response.get_json()["status"] == "queued"
    assert len(files(upload_folder)) == 1


def test_an_upload_that_was_stored_though_nobody_heard_of_it_keeps_its_file(
    app: Flask,
    send: Send,
    upload_folder: Path,
    client: FlaskClient,
    auth_headers: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with app.app_context():
        dialect = db.engine.dialect

    def cut_off(connection: Any) -> None:
        connection.commit()
        raise OperationalError("the connection was closed before the answer came")

    with monkeypatch.context() as patched:
        patched.setattr(dialect, "do_commit", cut_off)
        assert send().status_code == 503
    (stored,) = client.get("/api/v1/imports", headers=auth_headers).get_json()["data"]
    assert (send().status_code, len(files(upload_folder))) == (200, 1)
    with app.app_context():
        run_import(stored["id"])
    assert client.get(stored["links"]["self"], headers=auth_headers).get_json()["status"] == "completed"


def test_a_full_disk_is_a_507_and_nothing_stays(
    send: Send, upload_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    response = send()
    assert response.status_code == 507
    assert response.get_json()["type"] == "urn:problem-type:storage-full"
    assert files(upload_folder) == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has /dev/full")
def test_a_write_to_a_full_disk_is_noticed(app: Flask, upload_folder: Path) -> None:
    def receive() -> None:
        with uploads().receive() as upload:
            upload._file.close()
            upload._file = open("/dev/full", "wb", buffering=0)  # noqa: SIM115
            upload.write(b"x")

    with app.app_context(), pytest.raises(StorageFull):
        receive()
    assert files(upload_folder) == []


def test_an_upload_whose_sender_has_gone_is_not_an_import(
    client: FlaskClient, auth_headers: dict[str, str], upload_folder: Path
) -> None:
    announced = {"CONTENT_LENGTH": str(len(CSV) + 1)}
    headers = {**auth_headers, "Content-Type": "text/csv"}
    response = client.post(URL, data=CSV, headers=headers, environ_overrides=announced)
    assert response.status_code == 400
    assert response.get_json()["type"] == "urn:problem-type:upload-incomplete"
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
    assert response.headers["Location"] == "/api/v1/imports/1"
