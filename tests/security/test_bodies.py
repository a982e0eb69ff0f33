"""Bodies that are made to be too much: too deep, too many parts, too large once unpacked, not what they say."""

from __future__ import annotations

import base64
import gzip
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient

from src.api.json import MAX_DEPTH
from src.config import Settings
from src.database import database_url
from src.services import rejected_rows
from src.services.run_import import run_import
from tests.integration.api.sending import CSV, HEADER
from tests.unmeasured import UNMEASURED

ROOT = Path(__file__).parents[2]
MEGABYTE = 1024**2
EXPANDED = 64 * MEGABYTE
# What a worker may have while it works, as docs/operations.md promises, in KiB.
MOST_MEMORY = 300 * 1024
ROW = b"%d;2;Ana;SP - SAO PAULO;30/06/2021;29/06/2021 10:00:00\n"


def nested(depth: int) -> list[bytes]:
    return [b"[" * depth + b"]" * depth, b'{"angel":' * depth + b"1" + b"}" * depth]


@pytest.mark.parametrize("depth", [MAX_DEPTH + 1, 300, 1000, 1025, 5000, 100_000])
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/echo"),
        ("POST", "/api/v1/auth/login"),
        ("POST", "/api/v1/atendimento"),
        ("POST", "/api/v1/atendimento/bulk"),
        ("PATCH", "/api/v1/clientes/1"),
    ],
)
def test_json_that_is_nested_too_deep_can_t_be_read(
    client: FlaskClient, auth_headers: dict[str, str], method: str, path: str, depth: int
) -> None:
    for body in nested(depth):
        response = client.open(path, method=method, data=body, content_type="application/json", headers=auth_headers)
        assert response.status_code in (400, 413)
        assert response.mimetype == "application/problem+json"


def test_json_as_deep_as_is_allowed_is_read(client: FlaskClient, auth_headers: dict[str, str]) -> None:
    for body in nested(MAX_DEPTH):
        response = client.post("/echo", data=body, content_type="application/json", headers=auth_headers)
        assert (response.status_code, response.data) == (200, body)


@pytest.mark.parametrize("depth", [100, 1000, 2000])
def test_a_token_that_is_nested_too_deep_is_no_token(client: FlaskClient, depth: int) -> None:
    for plain in nested(depth):
        part = base64.urlsafe_b64encode(plain).decode().rstrip("=")
        head = base64.urlsafe_b64encode(b'{"alg":"HS256","typ":"JWT"}').decode().rstrip("=")
        for token in (f"{part}.e30.x", f"{head}.{part}.x"):
            response = client.get("/api/v1/imports", headers={"Authorization": f"Bearer {token}"})
            assert response.status_code == 401


@pytest.mark.parametrize(
    "body",
    [
        b'{"id_cliente": ' + b"9" * 10_000 + b"}",
        b'{"id_cliente": 1e99999}',
        b'{"id_cliente": NaN}',
        b"\xff\xfe{}",
        b"{",
    ],
)
def test_numbers_and_bytes_that_are_none_are_refused(
    client: FlaskClient, auth_headers: dict[str, str], body: bytes
) -> None:
    response = client.post("/api/v1/atendimento", data=body, content_type="application/json", headers=auth_headers)
    assert response.status_code in (400, 422)


def test_a_hundred_thousand_parts_are_refused_after_the_first_few(
    client: FlaskClient, auth_headers: dict[str, str], upload_folder: Path
) -> None:
    part = b'--X\r\nContent-Disposition: form-data; name="a%d"\r\n\r\n1\r\n'
    body = b"".join(part % number for number in range(100_000)) + b"--X--\r\n"
    headers = {**auth_headers, "Content-Type": "multipart/form-data; boundary=X"}
    response = client.post("/api/v1/imports", data=body, headers=headers)
    assert response.status_code == 413
    assert not list(upload_folder.glob("*"))
    # Where no form is expected, none is parsed.
    assert client.post("/api/v1/atendimento", data=body[:MEGABYTE], headers=headers).status_code == 415


@pytest.mark.parametrize("size", [MEGABYTE, 20 * MEGABYTE])
def test_a_field_of_a_form_does_not_fill_the_memory(
    client: FlaskClient, auth_headers: dict[str, str], size: int
) -> None:
    body = b'--X\r\nContent-Disposition: form-data; name="a"\r\n\r\n' + b"x" * size + b"\r\n--X--\r\n"
    headers = {**auth_headers, "Content-Type": "multipart/form-data; boundary=X"}
    assert client.post("/api/v1/imports", data=body, headers=headers).status_code == 413


def test_the_headers_of_a_part_do_not_fill_the_memory(client: FlaskClient, auth_headers: dict[str, str]) -> None:
    body = b"--X\r\nX-Much: " + b"x" * 20 * MEGABYTE + b'\r\nContent-Disposition: form-data; name="file"\r\n\r\n1'
    headers = {**auth_headers, "Content-Type": "multipart/form-data; boundary=X"}
    assert client.post("/api/v1/imports", data=body, headers=headers).status_code in (413, 422)


# Packed files


def upload(
    client: FlaskClient, auth_headers: dict[str, str], body: bytes, url: str = "/api/v1/imports", **headers: str
) -> tuple[int, str]:
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    response = client.post(url, data=body, headers={**auth_headers, "Content-Type": "text/csv", **given})
    assert response.status_code < 500
    return response.status_code, response.headers.get("Location", response.text)


def ended(app: Flask, client: FlaskClient, auth_headers: dict[str, str], address: str) -> tuple[str, str | None, int]:
    """Run the import at the address and return its status, its error and how many rows it has added."""
    with app.app_context():
        run_import(int(address.rpartition("/")[2]))
    found = client.get(address, headers=auth_headers).get_json()
    return found["status"], found["error"], found["rows"]["inserted"]


@pytest.mark.parametrize("encoding", ["br", "deflate", "zstd", "compress", "gzip, gzip", "gzip, br", "x", "\xe9"])
def test_what_is_packed_in_another_way_is_refused(
    client: FlaskClient, auth_headers: dict[str, str], encoding: str
) -> None:
    assert upload(client, auth_headers, gzip.compress(CSV), Content_Encoding=encoding)[0] == 415


def test_a_file_that_is_said_to_be_packed_and_is_not_is_what_it_is(
    app: Flask, client: FlaskClient, auth_headers: dict[str, str]
) -> None:
    status, address = upload(client, auth_headers, CSV, Content_Encoding="gzip")
    assert (status, ended(app, client, auth_headers, address)) == (202, ("completed", None, 1))


def test_several_packed_files_one_behind_the_other_are_one(
    app: Flask, client: FlaskClient, auth_headers: dict[str, str]
) -> None:
    members = [gzip.compress(CSV), *(gzip.compress(ROW % number) for number in range(2, 502))]
    status, address = upload(client, auth_headers, b"".join(members))
    assert (status, ended(app, client, auth_headers, address)) == (202, ("completed", None, 501))


def test_a_packed_file_in_a_packed_file_is_refused(client: FlaskClient, auth_headers: dict[str, str]) -> None:
    packed = gzip.compress(CSV)
    for _ in range(3):
        packed = gzip.compress(packed)
        assert upload(client, auth_headers, packed)[0] == 415


@pytest.mark.parametrize("cut", [1, 2, 10, 12, 15, -20, -8, -1])
def test_a_packed_file_that_was_cut_leaves_nothing(
    app: Flask, client: FlaskClient, auth_headers: dict[str, str], cut: int
) -> None:
    packed = gzip.compress(CSV + b"".join(ROW % number for number in range(2, 5000)))[:cut]
    status, address = upload(client, auth_headers, packed)
    assert status in (202, 415, 422)
    if status == 202:
        state, error, inserted = ended(app, client, auth_headers, address)
        assert (state, inserted) == ("failed", 0)
        assert error


def test_a_packed_file_with_something_else_behind_it_leaves_nothing(
    app: Flask, client: FlaskClient, auth_headers: dict[str, str]
) -> None:
    packed = bytearray(gzip.compress(CSV + b"".join(ROW % number for number in range(2, 5000))))
    wrong_sum = packed[:-8] + b"\0\0\0\0" + packed[-4:]
    for body in (bytes(packed) + b"something else", bytes(wrong_sum)):
        _, address = upload(client, auth_headers, body)
        assert ended(app, client, auth_headers, address)[::2] == ("failed", 0)


def test_what_was_uploaded_is_for_no_other_user_of_the_machine(
    client: FlaskClient, auth_headers: dict[str, str], upload_folder: Path
) -> None:
    assert upload(client, auth_headers, CSV)[0] == 202
    assert upload_folder.stat().st_mode & 0o077 == 0


def bombs() -> Iterator[tuple[str, bytes]]:
    """Give files of less than 4 megabytes that would unpack to 2 GiB."""
    head = gzip.compress(f"{HEADER}\n".encode())

    def repeated(unit: bytes) -> bytes:
        return head + gzip.compress(unit * (32 * MEGABYTE // len(unit)), 9) * 64

    yield "rows", repeated(ROW % 1)
    yield "one line", repeated(b"x")
    yield "blank lines", repeated(b"\n")
    yield "zeros", repeated(b"\0")
    yield "an open quote", repeated(b'1;2;"' + b"x" * 1000 + b"\n")


# To the kernel the most memory that a process ever had includes what its parent had when it was started, and the tests'
# own may be large: so one that is small starts the import, and says what it took.
MEASURE = """
import resource, subprocess, sys
code = subprocess.call(sys.argv[1:])
print(code, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


def run_apart(environment: dict[str, str], path: Path, **settings: str) -> tuple[str, int, int]:
    """Import the file in a process of its own; return what it says, its exit code and its memory in KiB."""
    command = [sys.executable, "-m", "flask", "--app", "src.app", "import", str(path)]
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, *command],
        cwd=ROOT,
        env={**os.environ, **UNMEASURED, **environment, **settings},
        capture_output=True,
        text=True,
        check=True,
    )
    code, memory = done.stdout.split()[-2:]
    return done.stderr, int(code), int(memory)


def nothing_is_stored(settings: Settings) -> bool:
    with psycopg.connect(database_url(settings)) as connection:
        query = "select exists (select from atendimento), exists (select from import_rejection)"
        return connection.execute(query).fetchone() == (False, False)


@pytest.mark.parametrize("bomb", [pytest.param(bomb, id=name) for name, bomb in bombs()])
def test_a_bomb_ends_in_a_failed_import_with_flat_memory(
    environment: dict[str, str], settings: Settings, tmp_path: Path, bomb: bytes
) -> None:
    path = tmp_path / "bomb.csv.gz"
    path.write_bytes(bomb)
    said, code, memory = run_apart(environment, path)
    assert code == 1
    assert "expands to more than 200 times its size" in said
    assert memory < MOST_MEMORY
    assert nothing_is_stored(settings)


def test_a_file_that_expands_to_more_than_is_allowed_fails_with_flat_memory(
    environment: dict[str, str], settings: Settings, tmp_path: Path
) -> None:
    path = tmp_path / "large.csv.gz"
    rows = b"".join(ROW % number for number in range(1, 200_000))
    path.write_bytes(gzip.compress(f"{HEADER}\n".encode() + rows, 1) + gzip.compress(rows, 1) * 20)
    said, code, memory = run_apart(environment, path, MAX_EXPANDED_BYTES=str(EXPANDED))
    assert code == 1
    assert f"expands to more than {EXPANDED:,} bytes" in said
    assert memory < MOST_MEMORY
    assert nothing_is_stored(settings)


def test_two_hundred_thousand_empty_packed_files_behind_a_file_do_no_harm(
    environment: dict[str, str], settings: Settings, tmp_path: Path
) -> None:
    path = tmp_path / "many.csv.gz"
    path.write_bytes(gzip.compress(CSV) + gzip.compress(b"") * 200_000)
    _, code, memory = run_apart(environment, path)
    assert code == 0
    assert memory < MOST_MEMORY


def test_a_file_of_nothing_but_wrong_rows_fails_rather_than_fill_the_disk(
    app: Flask,
    client: FlaskClient,
    auth_headers: dict[str, str],
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rejected_rows, "MAX_REJECTED_ROWS", 1000)
    _, address = upload(client, auth_headers, f"{HEADER}\n".encode() + b"x;\n" * 1000, "/api/v1/imports?max_rejected=1")
    assert ended(app, client, auth_headers, address)[::2] == ("completed", 0)
    _, address = upload(client, auth_headers, f"{HEADER}\n".encode() + b"x;\n" * 1001)
    state, error, _ = ended(app, client, auth_headers, address)
    assert state == "failed"
    assert error
    assert error.startswith(
        "More than 1,000 rows would be rejected. The commonest reason (1,001 rows, first in line 2)"
    )
