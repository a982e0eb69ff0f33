"""What is changed is written down in the transaction of the change, and stays."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from flask import Flask, g
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from src.config import Settings
from src.database import database_url
from src.services.audit import record, record_failed_login
from src.services.imports import ImportOptions, receive_upload
from src.services.rate_limiter import RateLimiter
from src.services.run_import import run_import
from src.services.unit_of_work import unit_of_work
from tests.integration.api.sending import CSV

LOG = "/api/v1/audit-log"
VISIT = {"id_cliente": 7, "angel": "Ana", "polo": "SP - SAO PAULO", "data_limite": "2021-06-30"}
Call = Callable[..., Any]


@pytest.fixture
def call(client: FlaskClient, auth_headers: dict[str, str]) -> Call:
    """Send a request as an admin, which must succeed, and return its JSON."""

    def send(method: str, path: str, **given: Any) -> Any:
        headers = {**auth_headers, **given.pop("headers", {})}
        response = client.open(path, method=method, headers=headers, **given)
        assert response.status_code < 300, response.text
        return response.get_json(silent=True)

    return send


@pytest.fixture
def log_in(client: FlaskClient) -> Callable[[str, str], TestResponse]:
    """Try to log in from 192.0.2.1."""

    def send(name: str, password: str) -> TestResponse:
        field = "email" if "@" in name else "username"
        place = {"REMOTE_ADDR": "192.0.2.1"}
        body = {field: name, "password": password}
        return client.post("/api/v1/auth/login", json=body, environ_overrides=place)

    return send


def log(call: Call, **filters: Any) -> list[dict[str, Any]]:
    return call("GET", LOG, query_string={"order_by": "id", **filters})["data"]  # type: ignore[no-any-return]


def told(entries: list[dict[str, Any]]) -> list[tuple[str, str, str]]:
    return [(entry["action"], entry["object_type"], entry["object_id"]) for entry in entries]


def test_a_record_that_is_made_changed_and_deleted_leaves_three_entries_with_before_and_after(call: Call) -> None:
    first = call("POST", "/api/v1/angels", json={"nome": "Ana"})
    own = f"/api/v1/angels/{first['id']}"
    second = call("PATCH", own, json={"nome": "Ana Lima"})
    call("DELETE", own)
    entries = log(call, object_type="angel", object_id=first["id"])
    assert [(entry["action"], entry["before"], entry["after"]) for entry in entries] == [
        ("create", None, first),
        ("update", first, second),
        ("delete", second, None),
    ]


def test_an_entry_says_who_when_with_which_request_and_from_where(
    call: Call, client: FlaskClient, headers_for: Callable[[str], dict[str, str]]
) -> None:
    headers = {**headers_for("operator"), "X-Request-ID": "from-a-client"}
    place = {"REMOTE_ADDR": "192.0.2.33"}
    response = client.post("/api/v1/angels", json={"nome": "Ana"}, headers=headers, environ_overrides=place)
    entry = log(call)[-1]
    assert response.headers["X-Request-ID"] == entry["request_id"] == "from-a-client"
    assert entry["address"] == "192.0.2.33"
    assert entry["user_id"] is not None
    assert entry["api_key_id"] is None
    assert entry["actor"]
    assert len(entry["at"]) == len("2021-07-01T08:00:00")


def test_an_atendimento_brings_entries_for_what_it_makes(call: Call) -> None:
    made = call("POST", "/api/v1/atendimento", json=VISIT)
    assert sorted(told(log(call))) == sorted(
        [
            ("create", "cliente", "7"),
            ("create", "angel", "1"),
            ("create", "polo", "1"),
            ("create", "atendimento", str(made["id"])),
        ]
    )
    call("POST", "/api/v1/atendimento", json=VISIT)
    assert len(log(call)) == 5  # cliente, angel and polo were there
    moved = call("PATCH", f"/api/v1/atendimento/{made['id']}", json={"angel": "Bia"})
    assert told(log(call))[5:] == [("create", "angel", "2"), ("update", "atendimento", str(made["id"]))]
    assert log(call)[-1]["before"]["angel"] == "Ana"
    assert log(call)[-1]["after"] == moved
    call("DELETE", f"/api/v1/atendimento/{made['id']}")
    assert (log(call)[-1]["before"], log(call)[-1]["after"]) == (moved, None)


def test_of_many_records_at_once_there_is_an_entry_each(call: Call) -> None:
    sent = [{**VISIT, "id": number} for number in range(1, 301)]
    call("POST", "/api/v1/atendimento/bulk", json={"data": sent}, headers={"X-Request-ID": "bulk"})
    entries = log(call, object_type="atendimento", request_id="bulk", limit=1000)
    assert [entry["object_id"] for entry in entries] == [str(number) for number in range(1, 301)]
    assert entries[0]["after"]["id"] == 1


def test_what_is_refused_leaves_no_entry(call: Call, client: FlaskClient, auth_headers: dict[str, str]) -> None:
    call("POST", "/api/v1/angels", json={"nome": "Ana"})
    before = log(call)
    for path, body in (
        ("/api/v1/angels", {"nome": "Ana"}),
        ("/api/v1/atendimento", {**VISIT, "data_limite": "no date"}),
        ("/api/v1/atendimento/bulk", {"data": [{**VISIT, "id": 1}, {**VISIT, "id": 1}]}),
    ):
        assert client.post(path, json=body, headers=auth_headers).status_code in (409, 422)
    assert client.delete("/api/v1/angels/99", headers=auth_headers).status_code == 404
    assert log(call) == before


@pytest.mark.parametrize(
    ("path", "values"),
    [
        ("clientes", {"id": 7, "nome": "Maria", "email": "maria@example.com", "telefone": None}),
        ("angels", {"nome": "Ana"}),
        ("polos", {"nome": "SP - SANTOS"}),
        ("users", {"username": "ana", "email": None, "role": "viewer", "disabled": False}),
    ],
)
def test_a_change_to_what_is_there_already_leaves_no_entry_and_all_as_it_was(
    call: Call, settings: Settings, path: str, values: dict[str, Any]
) -> None:
    password = {"password": "four words of mine"} if path == "users" else {}
    url = f"/api/v1/{path}/{call('POST', f'/api/v1/{path}', json=values | password)['id']}"
    table = {"users": "app_user"}.get(path, path.removesuffix("s"))
    with psycopg.connect(database_url(settings), autocommit=True) as connection:
        connection.execute(f"update {table} set updated_at = '2021-07-01 12:00Z'")
    before, entries = call("GET", url), log(call)
    changes = [("PATCH", values), ("PATCH", {}), *([("PUT", values)] if path != "users" else [])]
    assert [call(method, url, json=body) for method, body in changes] == [before] * len(changes)
    assert (call("GET", url), log(call)) == (before, entries)


def test_a_request_that_is_repeated_under_its_key_leaves_one_entry(call: Call) -> None:
    for _ in range(3):
        call("POST", "/api/v1/angels", json={"nome": "Ana"}, headers={"Idempotency-Key": "k"})
    assert told(log(call)) == [("create", "angel", "1")]


def test_a_change_that_can_t_be_written_down_is_not_made(call: Call, app: Flask, settings: Settings) -> None:
    with psycopg.connect(database_url(settings), autocommit=True) as connection:
        connection.execute("alter table audit_log add constraint no_more check (id < 0)")
    try:
        with pytest.raises(AssertionError, match="500"):
            call("POST", "/api/v1/angels", json={"nome": "Ana"})
    finally:
        with psycopg.connect(database_url(settings), autocommit=True) as connection:
            connection.execute("alter table audit_log drop constraint no_more")
    assert call("GET", "/api/v1/angels")["data"] == []


def test_an_import_leaves_its_upload_and_its_end(call: Call, app: Flask) -> None:
    headers = {"Content-Type": "text/csv", "X-Filename": "visits.csv"}
    sent = call("POST", "/api/v1/imports", data=CSV, headers=headers)
    call("POST", "/api/v1/imports", data=CSV, headers=headers)  # known already: nothing happens
    with app.app_context():
        run_import(sent["id"])
    uploaded, ended = log(call, object_type="import", object_id=sent["id"])
    assert (uploaded["action"], uploaded["before"]) == ("upload", None)
    assert uploaded["after"]["filename"] == "visits.csv"
    assert uploaded["after"]["sha256"] == sent["sha256"]
    assert "storage_key" not in uploaded["after"]
    assert uploaded["user_id"] == sent["created_by"]
    assert (ended["action"], ended["after"]["status"], ended["after"]["rows"]["inserted"]) == ("end", "completed", 1)
    assert (ended["user_id"], ended["actor"], ended["address"]) == (None, None, None)


def test_an_import_that_fails_or_is_cancelled_says_so(call: Call, app: Flask) -> None:
    headers = {"Content-Type": "text/csv"}
    failing = call("POST", "/api/v1/imports", data=b"a;b\n1;2\n", headers=headers)
    with app.app_context():
        run_import(failing["id"])
    assert log(call, object_id=failing["id"])[-1]["after"]["status"] == "failed"
    cancelled = call("POST", "/api/v1/imports", data=CSV, headers=headers)
    call("POST", f"/api/v1/imports/{cancelled['id']}/cancel")
    last, queued = log(call, object_id=cancelled["id"])[-1], {"status": "queued", "cancel_requested": False}
    assert (last["action"], last["before"], last["after"]["status"]) == ("cancel", queued, "cancelled")
    assert last["after"]["cancel_requested"]
    assert (last["user_id"], last["actor"]) == (cancelled["created_by"], "the admin")


def test_an_import_on_the_command_line_is_nobody_s(call: Call, app: Flask) -> None:
    with app.app_context():
        receive_upload(lambda upload: upload.write(CSV) and "a.csv", ImportOptions(), None, queue=False)
    (entry,) = log(call)
    assert (entry["action"], entry["user_id"], entry["request_id"]) == ("upload", None, None)


def test_users_leave_entries_and_no_password_does(call: Call, app: Flask) -> None:
    made = call("POST", "/api/v1/users", json={"username": "bia", "password": "four words of hers", "role": "viewer"})
    own = f"/api/v1/users/{made['id']}"
    call("PATCH", own, json={"role": "operator"})
    call("PATCH", own, json={"password": "four other words of hers"})
    call("DELETE", own)
    entries = log(call, object_type="user", object_id=made["id"])
    assert [entry["action"] for entry in entries] == ["create", "update", "change-password", "update", "delete"]
    assert (entries[1]["before"]["role"], entries[1]["after"]["role"]) == ("viewer", "operator")
    assert entries[4]["after"] is None
    assert "words" not in str(entries)
    assert "argon2" not in str(entries)


def test_logins_and_logouts_leave_entries_of_the_user(
    call: Call, client: FlaskClient, log_in: Callable[..., TestResponse], make_user: Callable[..., int]
) -> None:
    user_id = make_user("bia", "viewer", email="bia@example.com", with_password=True)
    tokens = log_in("bia@example.com", "bia bia").get_json()
    client.post("/api/v1/auth/logout", headers={"Authorization": f"Bearer {tokens['access_token']}"})
    came, left = log(call, user_id=user_id)
    assert told([came, left]) == [("log-in", "user", str(user_id)), ("log-out", "user", str(user_id))]
    assert (came["actor"], left["actor"]) == ("bia", "bia")
    assert came["address"] == "192.0.2.1"


def test_a_login_that_fails_leaves_an_entry_without_what_was_typed(
    call: Call, log_in: Callable[..., TestResponse], make_user: Callable[..., int]
) -> None:
    user_id = make_user("bia", "viewer", with_password=True)
    log_in("BIA", "not her password")
    log_in("a password in the wrong field", "bia")
    log_in("\x1b[", "x")
    wrong, unknown, strange = log(call, action="failed-log-in")
    assert (wrong["object_type"], wrong["object_id"], wrong["after"]) == ("user", str(user_id), {"name": "bia"})
    assert (unknown["object_id"], unknown["after"]) == ("nobody", {"name": "a … (29 characters)"})
    assert strange["after"] == {"name": "[… (2 characters)"}
    # Who it was is what nobody knows; where it came from is known.
    assert {(entry["user_id"], entry["actor"], entry["address"]) for entry in (wrong, unknown)} == {
        (None, None, "192.0.2.1")
    }
    assert "not her" not in str(log(call))


def test_a_user_who_is_kept_out_leaves_an_entry_too(
    call: Call, log_in: Callable[..., TestResponse], make_user: Callable[..., int]
) -> None:
    user_id = make_user("bia", "viewer", with_password=True)
    call("PATCH", f"/api/v1/users/{user_id}", json={"disabled": True})
    assert log_in("bia", "bia bia").status_code == 401
    assert told(log(call))[-1] == ("failed-log-in", "user", str(user_id))


def test_a_flood_of_logins_does_not_fill_the_log(call: Call, app: Flask, settings: Settings) -> None:
    app.extensions["rate_limiter"] = RateLimiter(settings.redis_url)
    if (second := time.time() % 60) > 40:
        time.sleep(60 - second)
    with app.app_context(), unit_of_work() as session:
        for address, tries in (("192.0.2.1", 50), ("192.0.2.2", 3)):
            g.address = address
            for _ in range(tries):
                record_failed_login(session, None, "somebody")
    entries = log(call, action="failed-log-in", limit=1000)
    assert Counter(entry["address"] for entry in entries) == {"192.0.2.1": 10, "192.0.2.2": 3}
    with app.app_context(), unit_of_work() as session:
        for number in range(100):
            g.address = f"198.51.100.{number}"
            record_failed_login(session, None, "somebody")
    assert len(log(call, action="failed-log-in", limit=1000)) == 60


def test_keys_leave_entries_and_the_key_itself_does_not(
    call: Call, client: FlaskClient, app: Flask, auth_headers: dict[str, str]
) -> None:
    made = call("POST", "/api/v1/api-keys", json={"name": "the report", "role": "operator"})
    response = client.post("/api/v1/angels", json={"nome": "Ana"}, headers={"X-API-Key": made["key"]})
    assert response.status_code == 201
    call("DELETE", f"/api/v1/api-keys/{made['id']}")
    created, used, revoked = log(call)
    assert (created["action"], created["before"], created["after"]["name"]) == ("create", None, "the report")
    assert (revoked["action"], revoked["before"]["name"], revoked["after"]) == ("revoke", "the report", None)
    assert (used["api_key_id"], used["user_id"], used["actor"]) == (made["id"], created["user_id"], "the report")
    assert made["key"] not in str(log(call))
    assert log(call, api_key_id=made["id"]) == [used]


@pytest.mark.parametrize(
    "statement",
    ["update audit_log set actor = 'somebody else'", "delete from audit_log", "truncate audit_log"],
)
def test_the_log_can_t_be_changed(call: Call, settings: Settings, statement: str) -> None:
    call("POST", "/api/v1/angels", json={"nome": "Ana"})
    before = log(call)
    with (
        psycopg.connect(database_url(settings)) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege, match="append only"),
    ):
        connection.execute(statement)
    assert log(call) == before


def test_no_secret_is_written_down_whoever_hands_it_over(call: Call, app: Flask) -> None:
    with app.app_context(), unit_of_work() as session:
        record(session, "create", "user", 1, None, {"username": "ana", "password_hash": "$argon2id$", "password": "x"})
    assert log(call)[0]["after"] == {"username": "ana"}


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({"action": "create"}, 2),
        ({"action": "drop"}, 0),
        ({"object_type": "angel"}, 1),
        ({"object_type": "angel", "object_id": "2"}, 0),
        ({"user_id": 1}, 2),
        ({"user_id": 2**63 - 1}, 0),
        ({"api_key_id": 1}, 0),
        ({"request_id": "one"}, 1),
        ({"address": "127.0.0.1"}, 2),
        ({"address": "192.0.2.1"}, 0),
        ({"from": "2099-12-31"}, 0),
        ({"to": "2020-12-31"}, 0),
        ({"from": "2020-01-01", "to": "2099-12-31"}, 2),
        ({"from": "2020-01-01T00:00:00", "to": "2099-12-31T23:59:59"}, 2),
    ],
)
def test_the_log_can_be_filtered(call: Call, filters: dict[str, Any], found: int) -> None:
    call("POST", "/api/v1/angels", json={"nome": "Ana"}, headers={"X-Request-ID": "one"})
    call("POST", "/api/v1/polos", json={"nome": "SP - SAO PAULO"}, headers={"X-Request-ID": "two"})
    assert len(log(call, **filters)) == found


@pytest.mark.parametrize(
    ("start", "end", "status"),
    [
        ("2021-06-30", "2021-06-30", 200),
        ("2021-06-30T10:00:00", "2021-06-30", 200),
        ("2021-07-01", "2021-06-30", 422),
        ("2021-06-30T10:00:00", "2021-06-30T09:59:59", 422),
        ("2021-06-30", "2021-06-29T23:59:59", 422),
    ],
)
def test_bounds_that_leave_nothing_are_refused(
    client: FlaskClient, auth_headers: dict[str, str], start: str, end: str, status: int
) -> None:
    response = client.get(LOG, query_string={"from": start, "to": end}, headers=auth_headers)
    assert response.status_code == status
    assert status == 200 or list(response.get_json()["errors"]) == ["to"]


def test_the_bounds_of_time_are_local_and_inclusive(call: Call, settings: Settings) -> None:
    with psycopg.connect(database_url(settings), autocommit=True) as connection:
        connection.execute(
            "insert into audit_log (at, action, object_type, object_id)"
            " values ('2021-06-30 23:59:59.7-03', 'create', 'angel', '1')"
        )
    assert log(call)[0]["at"] == "2021-06-30T23:59:59"
    for bounds, found in (
        ({"from": "2021-06-30", "to": "2021-06-30"}, 1),
        ({"from": "2021-06-30T23:59:59", "to": "2021-06-30T23:59:59"}, 1),
        ({"from": "2021-07-01"}, 0),
        ({"to": "2021-06-29"}, 0),
        ({"to": "2021-06-30T23:59:58"}, 0),
    ):
        assert len(log(call, **bounds)) == found, bounds


def test_the_log_comes_in_pages_newest_first(call: Call) -> None:
    for number in range(5):
        call("POST", "/api/v1/angels", json={"nome": f"Ana {number}"})
    page = call("GET", f"{LOG}?limit=2")
    assert [entry["id"] for entry in page["data"]] == [5, 4]
    page = call("GET", page["next"])
    assert [entry["id"] for entry in page["data"]] == [3, 2]
    assert [entry["id"] for entry in call("GET", page["prev"])["data"]] == [5, 4]


def test_the_log_can_be_downloaded(client: FlaskClient, call: Call, auth_headers: dict[str, str]) -> None:
    call("POST", "/api/v1/angels", json={"nome": "=cmd()"})
    csv = client.get(f"{LOG}?format=csv", headers=auth_headers).text.splitlines()
    assert csv[0].startswith("id,at,user_id,api_key_id,actor,action,object_type,object_id,before,after")
    assert '"{""id"":1,""nome"":""=cmd()""' in csv[1]
    assert client.get(f"{LOG}?format=ndjson", headers=auth_headers).text.count("\n") == 1


@pytest.mark.parametrize(("role", "status"), [("viewer", 403), ("operator", 403), ("admin", 200)])
def test_only_admins_read_the_log(
    client: FlaskClient, headers_for: Callable[[str], dict[str, str]], role: str, status: int
) -> None:
    assert client.get(LOG, headers=headers_for(role)).status_code == status


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_nobody_writes_the_log_over_http(client: FlaskClient, auth_headers: dict[str, str], method: str) -> None:
    assert client.open(LOG, method=method, headers=auth_headers, json={}).status_code == 405
