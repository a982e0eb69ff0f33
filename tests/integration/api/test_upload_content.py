"""What a file says it is, and what its sender says it is in."""

from __future__ import annotations

import gzip
import io
import zipfile
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from src.services.run_import import run_import
from tests.integration.api.sending import CSV, HEADER, URL, Send, files

NAMES = f"{HEADER}\n1;2;João Conceição;SP - SÃO PAULO;30/06/2021;-\n"
HTML = b"<html><head><meta charset='utf-8'></head><body><table><tr><td>id_atendimento</td></tr></table></body></html>"
XML = (
    b'<?xml version="1.0"?>\n<?mso-application progid="Excel.Sheet"?>\n<Workbook xmlns="urn:x"><Worksheet/></Workbook>'
)


def zipped(*names: str) -> bytes:
    with zipfile.ZipFile(file := io.BytesIO(), "w") as archive:
        for name in names:
            content = "application/vnd.oasis.opendocument.spreadsheet" if name == "mimetype" else "<x/>"
            archive.writestr(name, content)
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (HTML, "an HTML page"),
        (b"\xef\xbb\xbf \r\n" + HTML.upper(), "an HTML page"),
        ("\ufeff<!DOCTYPE html>\n<p>".encode("utf-16-le"), "an HTML page"),
        (b"<table border=1><tr>", "an HTML page"),
        (b"<!-- x --><table>", "an HTML page"),
        (XML, "an XML spreadsheet"),
        (b'<?xml version="1.0"?>\n<atendimentos><a/></atendimentos>', "an XML file"),
        (b'[{"id_atendimento": 1}]', "a JSON file"),
        (b'\n {"data": []}\n', "a JSON file"),
        (b'{"id": 1}\n{"id": 2}\n', "a JSON file"),
        (zipped("[Content_Types].xml", "xl/workbook.xml"), "an Excel workbook (.xlsx)"),
        (zipped("mimetype", "content.xml"), "an OpenDocument spreadsheet (.ods)"),
        (zipped("bd_desafio.csv"), "a zip file"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500), "an old Excel workbook (.xls)"),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj", "a PDF"),
    ],
)
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_what_is_no_csv_is_named_with_what_to_do(
    send: Send, upload_folder: Any, content: bytes, name: str, pack: Any
) -> None:
    response = send(pack(content), X_Filename="relatorio.xls")
    assert response.status_code == 415
    detail = response.get_json()["detail"]
    assert f"This is {name}" in detail
    assert "send" in detail
    assert not files(upload_folder)


@pytest.mark.parametrize("content", [b"[x];y\n1;2\n", b"a<b;c\n1;2\n", b"{x};y\n", HEADER.encode() + b"\n<x>;;;;;\n"])
def test_a_csv_with_such_characters_is_taken(send: Send, content: bytes) -> None:
    assert send(content).status_code == 202


def finished(app: Flask, client: FlaskClient, headers: dict[str, str], found: dict[str, Any]) -> dict[str, Any]:
    with app.app_context():
        run_import(found["id"])
    return client.get(f"{URL}/{found['id']}", headers=headers).get_json()


def angels(client: FlaskClient, headers: dict[str, str]) -> list[str]:
    return [row["nome"] for row in client.get("/api/v1/angels", headers=headers).get_json()["data"]]


@pytest.mark.parametrize(
    ("charset", "encoding"),
    [
        ("windows-1252", "cp1252"),
        ("ISO-8859-1", "cp1252"),
        ("cp850", "cp850"),
        ("macintosh", "mac-roman"),
        ("UTF-8", "utf-8"),
    ],
)
@pytest.mark.parametrize("multipart", [False, True])
def test_the_charset_that_the_request_names_is_used(
    app: Flask, client: FlaskClient, auth_headers: dict[str, str], charset: str, encoding: str, multipart: bool
) -> None:
    content = NAMES.encode(encoding)
    kind = f"text/csv; charset={charset}"
    options: dict[str, Any] = {"data": content, "content_type": kind}
    if multipart:
        options = {"data": {"file": (io.BytesIO(content), "a.csv", kind)}, "content_type": "multipart/form-data"}
    response = client.post(URL, headers=auth_headers, **options)
    assert response.status_code == 202
    found = finished(app, client, auth_headers, response.get_json())
    assert (found["status"], found["charset"]) == ("completed", encoding)
    assert angels(client, auth_headers) == ["João Conceição"]


def test_a_charset_is_used_for_gzip_too_and_makes_another_import(
    app: Flask, client: FlaskClient, auth_headers: dict[str, str]
) -> None:
    data = gzip.compress(NAMES.encode("cp850"))
    first = client.post(URL, headers=auth_headers, data=data, content_type="application/gzip; charset=cp1252")
    assert finished(app, client, auth_headers, first.get_json())["status"] == "completed"
    second = client.post(URL, headers=auth_headers, data=data, content_type="application/gzip; charset=cp850")
    assert second.status_code == 202
    assert finished(app, client, auth_headers, second.get_json())["status"] == "completed"
    assert "João Conceição" in angels(client, auth_headers)
    again = client.post(URL, headers=auth_headers, data=data, content_type="application/gzip; charset=ibm850")
    assert (again.status_code, again.get_json()["id"]) == (200, second.get_json()["id"])


@pytest.mark.parametrize("charset", ["shift_jis", "utf-7", "base64", "x" * 5000])
@pytest.mark.parametrize("multipart", [False, True])
def test_another_charset_is_a_415_that_names_those_that_are_read(
    client: FlaskClient, auth_headers: dict[str, str], upload_folder: Any, charset: str, multipart: bool
) -> None:
    kind = f"text/csv; charset={charset}"
    options: dict[str, Any] = {"data": CSV, "content_type": kind}
    if multipart:
        options = {"data": {"file": (io.BytesIO(CSV), "a.csv", kind)}, "content_type": "multipart/form-data"}
    response = client.post(URL, headers=auth_headers, **options)
    assert response.status_code == 415
    assert "windows-1252" in response.get_json()["detail"]
    assert not files(upload_folder)


def test_a_file_that_only_dos_explains_fails_with_what_to_do(
    app: Flask, client: FlaskClient, auth_headers: dict[str, str], send: Send
) -> None:
    found = finished(app, client, auth_headers, send(NAMES.encode("cp850")).get_json())
    assert found["status"] == "failed"
    assert "CSV UTF-8" in found["error"]
    assert angels(client, auth_headers) == []


@pytest.mark.parametrize("path", [URL, "/api/v1/atendimento/import_csv", "/v1/services/batch"])
def test_max_rejected_is_an_option_of_every_way_to_send_a_file(
    app: Flask, client: FlaskClient, auth_headers: dict[str, str], send: Send, path: str
) -> None:
    content = HEADER.encode() + b"\n" + b"x;\n" * 100
    first = send(content, path=path).get_json()
    assert first["max_rejected"] is None
    found = finished(app, client, auth_headers, first)
    assert (found["status"], found["rows"]["inserted"]) == ("failed", 0)
    assert "line 2" in found["error"]
    allowed = send(content, path=f"{path}?max_rejected=1")
    assert allowed.status_code == 202
    found = finished(app, client, auth_headers, allowed.get_json())
    assert (found["status"], found["max_rejected"], found["rows"]["rejected"]) == ("completed", 1.0, 100)
    again = send(content, path=f"{path}?max_rejected=1.0")
    assert (again.status_code, again.get_json()["id"]) == (200, found["id"])
    assert send(content, path=f"{path}?max_rejected=0.5").status_code == 202


@pytest.mark.parametrize("value", ["-0.1", "1.1", "90%", "nan", "inf", "x"])
def test_a_share_is_from_0_to_1(send: Send, value: str) -> None:
    response = send(path=f"{URL}?max_rejected={value}")
    assert response.status_code in (400, 422)
    assert "max_rejected" in response.get_json()["errors"]
