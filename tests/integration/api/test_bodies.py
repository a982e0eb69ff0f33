"""JSON bodies: what is none is refused at every address that takes one."""

from __future__ import annotations

import gzip
import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from src.extensions import api


def addresses(app: Flask) -> list[tuple[str, str]]:
    """The methods and addresses whose bodies are JSON and read by a schema."""
    return [
        (method, re.sub(r"\{\w+\}", "1", path))
        for path, operations in api.spec.to_dict()["paths"].items()
        for method, operation in operations.items()
        if isinstance(operation, dict)
        and "$ref" in str(operation.get("requestBody", {}).get("content", {}).get("application/json"))
    ]


def send_all(client: FlaskClient, headers: dict[str, str], body: bytes, content_type: str | None) -> list[TestResponse]:
    found = addresses(client.application)
    assert len(found) >= 14
    return [
        client.open(path, method=method, data=body, headers=headers, content_type=content_type)
        for method, path in found
    ]


@pytest.mark.parametrize("content_type", [None, "text/plain", "text/csv", "application/x-www-form-urlencoded"])
def test_a_body_that_is_announced_as_something_else_is_refused(
    client: FlaskClient, auth_headers: dict[str, str], content_type: str | None
) -> None:
    for response in send_all(client, auth_headers, b"{}", content_type):
        assert (response.status_code, response.mimetype) == (415, "application/problem+json"), response.request.path
        assert response.get_json()["detail"] == "Send the body as application/json."


@pytest.mark.parametrize("content_type", [None, "application/json"])
def test_a_forgotten_body_changes_nothing(
    client: FlaskClient, auth_headers: dict[str, str], content_type: str | None
) -> None:
    for response in send_all(client, auth_headers, b"", content_type):
        if response.request.path == "/api/v1/auth/refresh":  # takes the bearer token instead, and this is none for it
            assert response.status_code == 401
            continue
        assert (response.status_code, response.mimetype) == (422, "application/problem+json"), response.request.path
        assert "body is missing" in response.get_json()["detail"]


def test_the_only_body_that_may_be_left_out_is_that_of_a_refresh(app: Flask) -> None:
    optional = [
        path
        for path, operations in api.spec.to_dict()["paths"].items()
        for operation in operations.values()
        if isinstance(operation, dict) and not operation.get("requestBody", {"required": True})["required"]
    ]
    assert optional == ["/api/v1/auth/refresh"]


@pytest.mark.parametrize("body", [b"{", b"\xff\xfe", b'{"nome": NaN}', b"[" * 5000, b"{}{}", b"\x05\xf1"])
def test_a_body_that_is_no_json_is_refused(client: FlaskClient, auth_headers: dict[str, str], body: bytes) -> None:
    for response in send_all(client, auth_headers, body, "application/json"):
        assert (response.status_code, response.mimetype) == (400, "application/problem+json"), response.request.path


@pytest.mark.parametrize("body", [b"[]", b'[{"nome": "Ana"}]', b'"x"', b"null", b"1"])
def test_json_that_is_no_object_is_refused_and_says_what_is_wanted(
    client: FlaskClient, auth_headers: dict[str, str], body: bytes
) -> None:
    for response in send_all(client, auth_headers, body, "application/json"):
        assert (response.status_code, response.mimetype) == (422, "application/problem+json"), response.request.path
        assert response.get_json()["detail"] == "The body must be a JSON object, like {...}."


def test_a_charset_and_a_suffix_do_no_harm(client: FlaskClient, auth_headers: dict[str, str]) -> None:
    for content_type in ("application/json; charset=utf-8", "application/vnd.api+json"):
        sent = client.post("/api/v1/angels", data=b"{}", headers=auth_headers, content_type=content_type)
        assert list(sent.get_json()["errors"]) == ["nome"]


@pytest.mark.parametrize("encoding", ["gzip", "GZIP", "x-gzip", "deflate", "br", "zstd", "gzip, identity"])
def test_a_compressed_body_is_a_415(client: FlaskClient, auth_headers: dict[str, str], encoding: str) -> None:
    """Only uploads may be compressed; they are no JSON."""
    headers = {**auth_headers, "Content-Encoding": encoding}
    answers = send_all(client, headers, gzip.compress(b"{}"), "application/json")
    echoed = client.post("/echo", data=gzip.compress(b"{}"), headers=headers, content_type="application/json")
    for response in (*answers, echoed):
        assert (response.status_code, response.mimetype) == (415, "application/problem+json"), response.request.path
        assert "uncompressed" in response.get_json()["detail"]


def test_a_byte_order_mark_before_the_json_is_skipped(client: FlaskClient, auth_headers: dict[str, str]) -> None:
    sent = {"data": '\ufeff{"nome": "João \ufeffLima"}'.encode(), "content_type": "application/json"}
    echoed = client.post("/echo", headers=auth_headers, **sent)  # type: ignore[arg-type]
    assert echoed.get_json() == {"nome": "João \ufeffLima"}
    made = client.post("/api/v1/angels", headers=auth_headers, data=sent["data"], content_type="application/json")
    assert made.status_code == 201


def test_a_body_that_is_a_byte_order_mark_is_missing(client: FlaskClient, auth_headers: dict[str, str]) -> None:
    sent = {"data": b"\xef\xbb\xbf", "content_type": "application/json"}
    answer = client.post("/api/v1/angels", headers=auth_headers, **sent)  # type: ignore[arg-type]
    assert (answer.status_code, answer.get_json()["detail"][:19]) == (422, "The body is missing")
