"""Text that means something to SQL, to a header, to a page or to a file system is text here."""

from __future__ import annotations

import base64
import csv
import io
import json
import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from src.config import Settings
from src.database import database_url
from src.services.run_import import run_import
from tests.integration.api.sending import HEADER

HARMLESS = "nothing-has-this-value"
# What programs write where there is no name.
NO_NAMES = {"_", "\\", "NaN"}
PAYLOADS = [
    "' or '1'='1",
    "' or 1=1 --",
    '" or ""="',
    "1); drop table atendimento; --",
    "1; select pg_sleep(9) --",
    "' union select username, password_hash from app_user --",
    "'||(select password_hash from app_user limit 1)||'",
    "\\'; truncate audit_log; --",
    "%' or true --",
    "%%s %(id)s :id {0} {{7*7}} ${7*7}",
    "$$; drop table import; $$",
    "(select 1)",
    "id desc; drop table cliente",
    "*",
    "%",
    "_",
    "\\",
    "'",
    "\x00",
    "\u202e\ufeff\U0001f4a9",
    "a\r\nX-Injected: yes",
    "../../../../etc/passwd",
    "<script>alert(1)</script>",
    "=cmd|' /C calc'!A0",
    "9" * 400,
    "-1",
    "1e400",
    "NaN",
    "x" * 3000,
]
VISIT = {"id_cliente": 7, "angel": "Ana", "polo": "SP - SAO PAULO", "data_limite": "2021-06-30"}


def document(app: Flask) -> dict[str, Any]:
    return app.test_client().get("/openapi.json").get_json()  # type: ignore[no-any-return]


@pytest.fixture
def tables(settings: Settings) -> Iterator[Callable[[], dict[str, int]]]:
    """Count the rows of every table."""
    with psycopg.connect(database_url(settings), autocommit=True) as connection:

        def count() -> dict[str, int]:
            names = connection.execute("select tablename from pg_tables where schemaname = 'public' order by 1")
            return {
                name: connection.execute(f'select count(*) from "{name}"').fetchone()[0]  # type: ignore[index]
                for (name,) in names.fetchall()
            }

        yield count


@pytest.fixture
def stored(client: FlaskClient, auth_headers: dict[str, str]) -> None:
    """Some records, of which no filter that means nothing may find one."""
    for number in (1, 2, 3):
        body = {**VISIT, "id": number, "angel": f"Ana {number}"}
        assert client.post("/api/v1/atendimento", json=body, headers=auth_headers).status_code == 201


def parameters(found: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Return every query parameter of every GET: path, name, and the parameters that are needed beside it."""
    return [
        (re.sub(r"\{\w+\}", "1", path), parameter["name"], operation["operationId"])
        for path, methods in found["paths"].items()
        for method, operation in methods.items()
        if method == "get"
        for parameter in operation.get("parameters", [])
        if parameter["in"] == "query"
    ]


def rows(response: TestResponse) -> int | None:
    if response.status_code != 200 or not response.is_json:
        return None
    data = response.get_json().get("data")
    return len(data) if isinstance(data, list) else None


def test_no_parameter_of_any_list_takes_sql(
    app: Flask, client: FlaskClient, auth_headers: dict[str, str], stored: None, tables: Callable[[], dict[str, int]]
) -> None:
    before = tables()
    walked = parameters(document(app))
    assert len(walked) > 60
    for path, name, operation in walked:
        harmless = client.get(path, query_string={name: HARMLESS}, headers=auth_headers)
        assert harmless.status_code in (200, 400, 404, 422), (operation, name)
        for payload in PAYLOADS:
            response = client.get(path, query_string={name: payload}, headers=auth_headers)
            assert response.status_code in (200, 400, 404, 422), (operation, name, payload, response.text)
            if response.status_code != 200:
                assert response.mimetype == "application/problem+json"
            elif harmless.status_code == 200:
                # An unknown value finds what an unknown value finds.
                assert rows(response) == rows(harmless), (operation, name, payload)
            assert "X-Injected" not in response.headers
    assert tables() == before


def test_no_parameter_of_a_post_takes_sql(
    app: Flask, client: FlaskClient, auth_headers: dict[str, str], tables: Callable[[], dict[str, int]]
) -> None:
    before = tables()
    walked = [
        (path, parameter["name"])
        for path, methods in document(app)["paths"].items()
        for parameter in methods.get("post", {}).get("parameters", [])
        if parameter["in"] == "query"
    ]
    assert len(walked) > 5
    headers = {**auth_headers, "Content-Type": "text/csv"}
    for path, name in walked:
        for payload in PAYLOADS:
            response = client.post(path, data=b"a;b\n", query_string={name: payload}, headers=headers)
            assert response.status_code in (400, 422), (path, name, payload)
    assert tables() == before


def test_no_id_in_a_path_takes_sql(app: Flask, client: FlaskClient, auth_headers: dict[str, str]) -> None:
    paths = [path for path in document(app)["paths"] if "{" in path]
    assert len(paths) > 5
    for path in paths:
        for payload in PAYLOADS:
            url = re.sub(r"\{\w+\}", quote(payload, safe=""), path)
            response = client.get(url, headers=auth_headers)
            # 405: with a blank or a slash in it some are another address.
            assert response.status_code in (400, 404, 405, 422), (url, response.text)


def test_no_field_of_a_body_takes_sql(
    client: FlaskClient, auth_headers: dict[str, str], tables: Callable[[], dict[str, int]]
) -> None:
    """Names are kept as they are; whatever else is in their place is refused."""
    for payload in PAYLOADS:
        for name in ("id", "id_cliente", "data_limite", "data_de_atendimento", "status"):
            response = client.post("/api/v1/atendimento", json={**VISIT, name: payload}, headers=auth_headers)
            assert response.status_code == 422, (name, payload, response.text)
        response = client.post("/api/v1/angels", json={"nome": payload}, headers=auth_headers)
        assert response.status_code in (201, 409, 422), (payload, response.text)
        # Characters that nobody sees are no part of a name.
        if response.status_code == 201 and payload.isprintable():
            assert response.get_json()["nome"] == " ".join(payload.split())
    assert tables()["atendimento"] == 0
    assert tables()["angel"] > 10
    # A password is a text, and nobody's.
    for payload in PAYLOADS[:8]:
        login = client.post("/api/v1/auth/login", json={"username": payload, "password": payload})
        assert login.status_code == 401


def test_no_cell_of_a_file_takes_sql(
    app: Flask, client: FlaskClient, auth_headers: dict[str, str], tables: Callable[[], dict[str, int]]
) -> None:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\n")
    usable = [payload for payload in PAYLOADS if payload.isprintable() and len(payload) <= 200]
    for number, payload in enumerate(usable, 1):
        writer.writerow([number, number, payload, payload, "30/06/2021", "29/06/2021"])
        writer.writerow([number + 1000, payload, "Ana", "SP - SAO PAULO", payload, payload])
    headers = {**auth_headers, "Content-Type": "text/csv"}
    sent = client.post("/api/v1/imports", data=f"{HEADER}\n{text.getvalue()}".encode(), headers=headers)
    with app.app_context():
        run_import(sent.get_json()["id"])
    done = client.get(sent.headers["Location"], headers=auth_headers).get_json()
    assert done["status"] == "completed", done
    names = [payload for payload in usable if payload not in NO_NAMES]
    assert (done["rows"]["inserted"], done["rows"]["rejected"]) == (len(names), len(usable) + len(NO_NAMES))
    for payload in names:
        found = client.get("/api/v1/atendimento", query_string={"angel": payload}, headers=auth_headers)
        assert [row["angel"] for row in found.get_json()["data"]] == [payload]
    assert tables()["app_user"] >= 1


# Cursors made up


def cursor(text: str | bytes) -> str:
    return base64.urlsafe_b64encode(text.encode() if isinstance(text, str) else text).decode()


FORGED = [
    "x",
    "=",
    "%00",
    "\u202e",
    cursor(">"),
    cursor(">x"),
    cursor(">-1"),
    cursor(">1 or 1=1"),
    cursor(">1; drop table angel"),
    cursor(">" + "9" * 30),
    cursor(">9223372036854775808"),
    cursor(">1|nome|x"),
    cursor(">1|-nome|x"),
    cursor(">1|password_hash|x"),
    cursor(">1|id|x"),
    cursor(">1|nome|\x00"),
    cursor(b">1|nome|\xff\xfe"),
    cursor(">1|created_at|' or 1=1"),
    cursor(">1|created_at|infinity"),
    cursor("<1|nome|"),
    cursor(json.dumps({"id": 1})),
    cursor(">1" * 500),
    "A" * 3000,
]


@pytest.mark.parametrize("order_by", ["id", "nome", "-created_at"])
@pytest.mark.parametrize("path", ["/api/v1/angels", "/api/v1/clientes", "/api/v1/polos"])
def test_a_cursor_that_was_made_up_is_refused_or_a_place_in_the_list(
    client: FlaskClient, auth_headers: dict[str, str], stored: None, path: str, order_by: str
) -> None:
    everything = {row["id"] for row in client.get(path, headers=auth_headers).get_json()["data"]}
    for forged in FORGED:
        query = {"cursor": forged, "order_by": order_by}
        response = client.get(path, query_string=query, headers=auth_headers)
        assert response.status_code in (200, 422), (forged, response.text)
        if response.status_code == 422:
            assert list(response.get_json()["errors"]) == ["cursor"]
        else:
            assert {row["id"] for row in response.get_json()["data"]} <= everything


@pytest.mark.parametrize("path", ["imports", "audit-log", "atendimento", "imports/1/rejections"])
def test_no_other_list_trusts_a_cursor_either(client: FlaskClient, auth_headers: dict[str, str], path: str) -> None:
    client.post("/api/v1/imports", data=b"a;b\n", headers={**auth_headers, "Content-Type": "text/csv"})
    for forged in FORGED:
        response = client.get(f"/api/v1/{path}", query_string={"cursor": forged}, headers=auth_headers)
        assert response.status_code in (200, 422), (forged, response.text)


def test_a_cursor_shows_a_viewer_no_more_than_the_list(
    client: FlaskClient, headers_for: Callable[[str], dict[str, str]], stored: None
) -> None:
    headers = headers_for("viewer")
    assert client.get("/api/v1/audit-log", query_string={"cursor": cursor(">1")}, headers=headers).status_code == 403


# Names of files, and what is sent back of them

NAMES = {
    "../../../../etc/passwd": "passwd",
    "..\\..\\windows\\win.ini": "win.ini",
    "/etc/shadow": "shadow",
    "..": "..",
    "a\x00b.csv": "ab.csv",
    "x" * 10_000: "x" * 255,
    "\u202efdp.csv": "fdp.csv",
    'a"; filename="b.csv': 'a"; filename="b.csv',
    "<script>alert(1)</script>.csv": "script>.csv",
    "%0d%0aX-Injected: yes": "X-Injected: yes",
    "=cmd|' /C calc'!A0": "C calc'!A0",
    "'; drop table import; --": "'; drop table import; --",
}


@pytest.mark.parametrize("name", [name for name in NAMES if "\x00" not in name])
def test_the_name_of_a_bare_body_is_a_name_and_nothing_else(
    client: FlaskClient, auth_headers: dict[str, str], settings: Settings, name: str
) -> None:
    encoded = name if name.startswith("%") else quote(name, safe="")
    headers = {**auth_headers, "Content-Type": "text/csv", "X-Filename": encoded}
    response = client.post("/api/v1/imports", data=b"a;b\n1;2\n", headers=headers)
    assert response.status_code == 202
    assert response.get_json()["filename"] == NAMES[name]
    assert "X-Injected" not in response.headers
    (kept,) = settings.upload_dir.iterdir()
    assert re.fullmatch(r"[0-9a-f]{32}", kept.name)


@pytest.mark.parametrize("name", NAMES)
def test_the_name_of_a_part_is_a_name_and_nothing_else(
    client: FlaskClient, auth_headers: dict[str, str], settings: Settings, name: str
) -> None:
    part = f"--X\r\nContent-Disposition: form-data; name=\"file\"; filename*=UTF-8''{quote(name, safe='')}\r\n\r\n"
    headers = {**auth_headers, "Content-Type": "multipart/form-data; boundary=X"}
    response = client.post("/api/v1/imports", data=f"{part}a;b\n1;2\n\r\n--X--\r\n".encode(), headers=headers)
    assert response.status_code == 202, response.text
    shown = response.get_json()["filename"]
    assert shown is not None
    assert shown.isprintable()
    assert len(shown) <= 255
    assert not {"/", "\\"} & set(shown)
    (kept,) = settings.upload_dir.iterdir()
    assert re.fullmatch(r"[0-9a-f]{32}", kept.name)


def test_no_name_is_sent_back_in_a_header(client: FlaskClient, auth_headers: dict[str, str]) -> None:
    headers = {**auth_headers, "Content-Type": "text/csv", "X-Filename": 'evil"; filename="other.exe'}
    sent = client.post("/api/v1/imports", data=b"a;b\n1;2\n", headers=headers).get_json()
    response = client.get(f"/api/v1/imports/{sent['id']}/rejections?format=csv", headers=auth_headers)
    assert response.headers["Content-Disposition"] == f'attachment; filename="rejections-{sent["id"]}.csv"'


@pytest.mark.parametrize("value", ["a\tb", "x" * 65, "<script>", "a b", "é", "%0d%0aX-Injected:yes", "a;b", ""])
def test_a_request_id_that_is_not_sane_is_not_repeated(client: FlaskClient, value: str) -> None:
    response = client.get("/nothing", headers={"X-Request-ID": value})
    assert re.fullmatch(r"[0-9a-f]{32}", response.headers["X-Request-ID"])
    assert response.get_json()["request_id"] == response.headers["X-Request-ID"]


def test_a_filter_that_is_repeated_in_a_link_stays_within_it(client: FlaskClient, auth_headers: dict[str, str]) -> None:
    angel = 'Ana>; rel="next", <https://evil.example'
    for number in (1, 2):
        body = {**VISIT, "id": number, "angel": angel}
        assert client.post("/api/v1/atendimento", json=body, headers=auth_headers).status_code == 201
    query = {"angel": angel, "limit": 1}
    response = client.get("/api/v1/atendimento", query_string=query, headers=auth_headers)
    (link,) = response.headers.getlist("Link")
    assert re.fullmatch(r'<[^<>"\s]+>; rel="next"', link)
    page = client.get(response.get_json()["next"], headers=auth_headers).get_json()
    assert [row["id"] for row in page["data"]] == [2]


def test_a_line_break_in_an_address_makes_no_header(client: FlaskClient, auth_headers: dict[str, str]) -> None:
    for path in ("/", "/api/v1/angels?limit=1", "/docs/"):
        assert "X-Injected" not in client.get(f"{path}%0d%0aX-Injected:%20yes", headers=auth_headers).headers


# Names that a page, or a spreadsheet, would run

XSS = "<img src=x onerror=alert(1)></script><script>alert(1)</script>"


def test_a_name_with_code_in_it_comes_back_as_json_that_no_browser_runs(
    client: FlaskClient, auth_headers: dict[str, str]
) -> None:
    made = client.post("/api/v1/angels", json={"nome": XSS}, headers=auth_headers)
    for response in (made, client.get("/api/v1/angels", headers=auth_headers)):
        assert response.mimetype == "application/json"
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert made.get_json()["nome"] == XSS


def test_what_was_asked_for_comes_back_in_no_page(client: FlaskClient, auth_headers: dict[str, str]) -> None:
    for path in (f"/{XSS}", f"/api/v1/imports?{quote(XSS)}=1", f"/docs/{XSS}", f"/docs?{quote(XSS)}"):
        response = client.get(path, headers=auth_headers)
        if response.mimetype == "text/html":
            assert "onerror" not in response.text
        else:
            assert response.mimetype == "application/problem+json"


def test_cells_that_a_spreadsheet_would_run_are_text_and_negative_numbers_are_numbers(
    client: FlaskClient, auth_headers: dict[str, str]
) -> None:
    names = ["=1+1", "+1+1", "-1+1", "@SUM(A1)", '=HYPERLINK("http://evil.example")', "-5", "Ana"]
    for name in names:
        assert client.post("/api/v1/angels", json={"nome": name}, headers=auth_headers).status_code == 201
    text = client.get("/api/v1/angels?format=csv&order_by=id", headers=auth_headers).text
    cells = [row["nome"] for row in csv.DictReader(io.StringIO(text))]
    assert cells[-2:] == ["-5", "Ana"]
    for name, cell in zip(names[:5], cells, strict=False):
        assert cell != name
        assert cell.endswith(name)
        assert cell[0] not in "=+-@"
