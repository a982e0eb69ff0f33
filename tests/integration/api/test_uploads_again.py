"""Sending the same file again."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from src.config import Settings
from tests.integration.api.sending import CSV, URL, Send, files, queued


def test_the_same_content_with_the_same_options_is_the_same_import(
    send: Send, change_import: Any, settings: Settings, upload_folder: Path
) -> None:
    first = send()
    assert first.get_json()["repeated"] is False
    for status in ("queued", "running", "completed"):
        change_import(first.get_json()["id"], status=status)
        again = send(X_Filename="other.csv")
        assert (again.status_code, again.get_json()["repeated"]) == (200, True)
        assert again.headers["Location"] == first.headers["Location"]
        assert (again.get_json()["id"], again.get_json()["status"]) == (first.get_json()["id"], status)
    assert len(files(upload_folder)) == 1
    assert queued(settings) == 1


@pytest.mark.parametrize("status", ["failed", "cancelled"])
def test_content_whose_import_failed_may_be_sent_again(send: Send, change_import: Any, status: str) -> None:
    change_import(send().get_json()["id"], status=status)
    again = send()
    assert (again.status_code, again.get_json()["repeated"]) == (202, False)


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
