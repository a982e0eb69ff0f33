"""What the database's owner sets for a role or a database changes nothing of what the program does."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from src.database import SESSION, connect, database_url
from src.extensions import db
from src.services import insert_records
from tests.e2e.running import ROOT
from tests.integration.imports.conftest import HEADER, counts

# What an owner may set, each to something that breaks a program which takes the default for granted.
SET = {
    "DateStyle": "German, DMY",
    "IntervalStyle": "sql_standard",
    "TimeZone": "Asia/Tokyo",
    "bytea_output": "escape",
    "extra_float_digits": "-15",
    "client_encoding": "LATIN1",
    "lc_monetary": "C.utf8",
    "lc_numeric": "C.utf8",
    "lc_time": "C.utf8",
    "standard_conforming_strings": "off",
    "transform_null_equals": "on",
    "array_nulls": "off",
    "quote_all_identifiers": "on",
    "plpgsql.extra_errors": "all",
    "exit_on_error": "on",
    "default_transaction_isolation": "serializable",
    "default_transaction_read_only": "on",
    "default_transaction_deferrable": "on",
    "search_path": "nowhere",
    "statement_timeout": "1ms",
    "lock_timeout": "1ms",
    "transaction_timeout": "2ms",
    "idle_in_transaction_session_timeout": "1ms",
    "idle_session_timeout": "1ms",
}
ROWS = (
    "1;10;Ângela;BA - FEIRA DE SANTANA;30/06/2021;29/06/2021 12:57:19",
    "2;11;Ângela;BA - FEIRA DE SANTANA;28/06/2021;29/06/2021 08:00",
    "3;12;Bia;SP - CAMPINAS;30/06/2021;-",
    "4;13;Bia;SP - CAMPINAS;30/06/2021",
)
# Of the three rows that load, two are attended, at one polo, one of them on time.
SLA = [("BA - FEIRA DE SANTANA", 2, 1)]


def set_all(connection: psycopg.Connection[Any], whose: str) -> None:
    for name, value in SET.items():
        connection.execute(f"alter {whose} set {name} = '{value}'")


@pytest.fixture(params=["database indicators", "role indicators"])
def owner_has_set(app, imports, request) -> Iterator[None]:
    """Set all for the database, or for the role; sessions that are opened from now on have it, the test's does not."""
    set_all(imports.connection, request.param)
    with app.app_context():
        db.engine.dispose()
    yield
    imports.connection.execute(f"alter {request.param} reset all")
    with app.app_context():
        db.engine.dispose()


def sla(client, headers) -> list[tuple]:
    answer = client.get("/api/v1/indicators/sla/polo", headers=headers)
    assert answer.status_code == 200, answer.json
    return [(row["polo"], row["total"], row["on_time"]) for row in answer.json["data"]]


def test_login_import_and_indicator_work(
    app, settings, client, make_user, auth_headers, owner_has_set, imports, lines, monkeypatch
):
    make_user("ana", "admin", with_password=True)
    login = client.post("/api/v1/auth/login", json={"username": "ana", "password": "ana ana"})
    assert login.status_code == 200, login.json
    headers = {"Authorization": f"Bearer {login.json['access_token']}"}

    assert counts(imports.run(lines(*ROWS))) == {"read": 4, "inserted": 3, "rejected": 1}
    assert sla(client, headers) == SLA
    changed = imports.run(lines(ROWS[0], ROWS[1].replace("08:00", "09:00"), "9;10;Ângela;SP - CAMPINAS;1/7/2021;-"))
    assert counts(changed) == {"read": 3, "inserted": 1, "updated": 1, "unchanged": 1}
    monkeypatch.setattr(insert_records, "MIN_NEW", 1)
    rebuilt = imports.run(lines(*(f"{n};{n};Caio;SP - CAMPINAS;30/06/2021;29/06/2021 10:00" for n in range(10, 20))))
    assert counts(rebuilt) == {"read": 10, "inserted": 10}
    assert "locked" in rebuilt["timings"]
    assert sorted(sla(client, headers)) == [*SLA, ("SP - CAMPINAS", 10, 10)]
    assert client.post(f"/api/v1/imports/{rebuilt['id']}/undo", headers=headers).status_code == 200
    assert sla(client, headers) == SLA
    assert counts(imports.run("id_cliente;nome;email;telefone\n10;Zoé;z@b.co;1\n", kind="clientes"))["read"] == 1


def test_records_lists_exports_and_the_log_work(app, client, auth_headers, owner_has_set, imports, lines):
    imports.run(lines(*ROWS))
    record = {
        "id_cliente": 10,
        "angel": "Ângela",
        "polo": "SP - CAMPINAS",
        "data_limite": "2021-06-30",
        "data_de_atendimento": "2021-06-29 10:15:27",
    }
    made = client.post("/api/v1/atendimento", json=record, headers=auth_headers)
    assert made.status_code == 201, made.json
    assert made.json["data_de_atendimento"] == "2021-06-29T10:15:27"
    found = client.get("/api/v1/atendimento", query_string={"angel": "Ângela", "order_by": "id"}, headers=auth_headers)
    assert [row["id"] for row in found.json["data"]] == [1, 2, made.json["id"]]
    exported = client.get("/api/v1/atendimento?format=csv", headers=auth_headers).get_data(as_text=True)
    assert "2021-06-30T23:59:59,2021-06-29T12:57:19,done" in exported
    assert len(exported.splitlines()) == 5
    log = client.get("/api/v1/audit-log", query_string={"from": "2020-01-01", "action": "create"}, headers=auth_headers)
    assert [entry["object_id"] for entry in log.json["data"]] == [str(made.json["id"])]
    assert log.json["data"][0]["after"]["data_de_atendimento"] == made.json["data_de_atendimento"]


@pytest.mark.parametrize("for_a_request", [False, True])
def test_a_session_has_what_the_program_relies_on(app, settings, owner_has_set, for_a_request):
    context = app.test_request_context() if for_a_request else app.app_context()
    with context, connect(settings) as connection:
        shown = connection.execute("select name, reset_val from pg_settings").fetchall()
        path = connection.execute("show search_path").fetchone()
    assert path == ("public",)
    values = {name.lower(): value for name, value in shown}
    expected = {name.lower(): value.replace("\\", "").replace(",", ", ") for name, value in SESSION.items()}
    # Given in seconds, kept in milliseconds; what a request may take is limited.
    del expected["plpgsql.extra_errors"]  # shown once a function has run
    expected |= {"tcp_user_timeout": "20000", "client_connection_check_interval": "5000"}
    for limited in ("statement_timeout", "idle_in_transaction_session_timeout") if for_a_request else ():
        assert values[limited] != "1"
        del expected[limited]
    assert {name: values[name] for name in expected} == expected


def test_a_role_that_is_no_superuser_may_have_them_all(settings, app, imports):
    imports.connection.execute("drop role if exists plain; create role plain login password 'a password'")
    parameters = conninfo_to_dict(database_url(settings)) | {"user": "plain", "password": "a password"}
    plain = replace(settings, database_url=make_conninfo("", **parameters))
    for context in (app.app_context(), app.test_request_context()):
        with context, connect(plain) as connection:
            assert connection.execute("select current_user").fetchone() == ("plain",)
    imports.connection.execute("drop role plain")


def test_the_schema_that_the_url_names_is_used(settings, app):
    parameters = conninfo_to_dict(database_url(settings)) | {"options": "-c search_path=mine -c work_mem=5MB"}
    with app.app_context(), connect(replace(settings, database_url=make_conninfo("", **parameters))) as connection:
        assert connection.execute("show search_path").fetchone() == ("mine",)
        assert connection.execute("show work_mem").fetchone() == ("5MB",)


@pytest.mark.parametrize("owner_has_set", ["role indicators"], indirect=True)
def test_the_commands_work_on_a_new_database(settings, environment, imports, owner_has_set, tmp_path):
    parameters = conninfo_to_dict(database_url(settings))
    imports.connection.execute("drop database if exists another")
    imports.connection.execute("create database another")
    set_all(imports.connection, "database another")
    url = make_conninfo("", **{**parameters, "dbname": "another"})
    (tmp_path / "file.csv").write_text(HEADER + "\n".join(ROWS) + "\n", encoding="utf-8")

    def flask(*arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "flask", "--app", "src.app", *arguments],
            cwd=ROOT,
            env={**os.environ, **environment, "DATABASE_URL": url},
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    try:
        flask("db", "upgrade")
        flask("import", str(tmp_path / "file.csv"))
        answer = json.loads(flask("indicators", "sla-polo", "--format", "json"))
        assert [(row["polo"], row["total"], row["on_time"]) for row in answer["data"]] == SLA
        flask("verify")
        flask("db", "downgrade", "base")
    finally:
        imports.connection.execute("drop database another with (force)")
