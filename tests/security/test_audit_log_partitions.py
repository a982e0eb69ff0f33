"""The audit log by month: what is kept for how long is its owner's choice, what it says is nobody's."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient
from structlog.testing import capture_logs

from src.config import Settings
from src.database import database_url
from src.services.sweep import sweep

PARTITIONS = "select inhrelid::regclass::text from pg_inherits where inhparent = 'audit_log'::regclass order by 1"
MONTHS = """
    select to_char(date_trunc('month', now() at time zone 'UTC') + n * interval '1 month', '"audit_log_"YYYY_MM')
    from generate_series(1, 3) as n
"""
INSERT = "insert into audit_log (at, action, object_type, object_id) values ({}, 'create', 'angel', '{}')"


@pytest.fixture
def connection(settings: Settings, app: Flask) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(database_url(settings), autocommit=True) as opened:
        yield opened


def partitions(connection: psycopg.Connection[Any]) -> list[str]:
    return [name for (name,) in connection.execute(PARTITIONS).fetchall()]


def months_ahead(connection: psycopg.Connection[Any]) -> list[str]:
    return [name for (name,) in connection.execute(MONTHS).fetchall()]


def objects(client: FlaskClient, headers: dict[str, str]) -> list[str]:
    answer = client.get("/api/v1/audit-log?object_type=angel", headers=headers)
    return [entry["object_id"] for entry in answer.get_json()["data"]]


def swept(app: Flask) -> list[dict[str, Any]]:
    """Sweep, and return what of it failed."""
    with app.app_context(), capture_logs() as logs:
        sweep()
    return [line for line in logs if line["event"].startswith("sweep_step")]


def test_the_sweep_adds_the_partitions_of_three_months_ahead(app: Flask, connection: psycopg.Connection[Any]) -> None:
    assert swept(app) == []
    before, ahead = partitions(connection), months_ahead(connection)
    assert set(ahead) <= set(before)
    for name in ahead[1:]:
        connection.execute(f"drop table {name}")
    assert swept(app) == []
    assert partitions(connection) == before
    assert swept(app) == []


@pytest.mark.parametrize("change", ["update {} set actor = 'somebody else'", "delete from {}", "truncate {}"])
def test_no_partition_can_be_changed(
    app: Flask, connection: psycopg.Connection[Any], client: FlaskClient, auth_headers: dict[str, str], change: str
) -> None:
    connection.execute(f"drop table {months_ahead(connection)[-1]}")
    swept(app)  # one of them is the sweep's
    for name in partitions(connection):
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="append only"):
            connection.execute(change.format(name))


def test_entries_of_any_month_are_kept_and_listed(
    app: Flask, connection: psycopg.Connection[Any], client: FlaskClient, auth_headers: dict[str, str]
) -> None:
    """Also those of a month that no partition was made for, because no sweep ran."""
    for number, at in enumerate(["'1999-12-31'", "now()", "now() + interval '2 months'", "now() + interval '5 years'"]):
        connection.execute(INSERT.format(at, number))
    assert objects(client, auth_headers) == ["3", "2", "1", "0"]
    where = "select tableoid::regclass::text from audit_log where object_type = 'angel' order by id"
    found = [name for (name,) in connection.execute(where).fetchall()]
    assert found == [found[0], found[0], months_ahead(connection)[1], "audit_log_other"]


def test_a_month_whose_entries_came_without_a_partition_stops_no_later_one(
    app: Flask, connection: psycopg.Connection[Any], client: FlaskClient, auth_headers: dict[str, str]
) -> None:
    second, third = months_ahead(connection)[1:]
    connection.execute(f"drop table {second}, {third}")
    connection.execute(INSERT.format("now() + interval '2 months'", 1))
    assert swept(app) == []
    assert (second in partitions(connection), third in partitions(connection)) == (False, True)
    assert objects(client, auth_headers) == ["1"]
    # Once its owner has dropped or moved them, nothing of it stays.
    connection.execute("set session_replication_role = replica; delete from audit_log_other")
    connection.execute(f"set session_replication_role = origin; drop table {third}")
    assert swept(app) == []
    assert {second, third} <= set(partitions(connection))


def test_the_owner_drops_a_month_and_the_rest_stays(
    app: Flask, connection: psycopg.Connection[Any], client: FlaskClient, auth_headers: dict[str, str]
) -> None:
    for number in range(3):
        connection.execute(INSERT.format(f"now() + interval '{number} months'", number))
    connection.execute(f"drop table {months_ahead(connection)[1]}")
    assert objects(client, auth_headers) == ["1", "0"]
    connection.execute(f"drop table {months_ahead(connection)[2]}")
    assert swept(app) == []
    assert set(months_ahead(connection)) <= set(partitions(connection))


def test_nobody_who_writes_to_the_log_waits_for_a_new_partition(
    app: Flask, connection: psycopg.Connection[Any], settings: Settings
) -> None:
    connection.execute(f"drop table {months_ahead(connection)[-1]}")
    with psycopg.connect(database_url(settings)) as writer:
        writer.execute(INSERT.format("now()", 1))
        assert swept(app) == []
        writer.execute(INSERT.format("now()", 2))
    assert months_ahead(connection)[-1] in partitions(connection)
