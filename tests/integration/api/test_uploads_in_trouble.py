"""Uploads while something fails: the broker, the database's answer, the disk, the sender."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from psycopg import OperationalError

from src.errors import StorageFull
from src.extensions import db
from src.services.run_import import run_import
from src.services.storage import uploads
from tests.integration.api.sending import CSV, URL, Send, files


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
