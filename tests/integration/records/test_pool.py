"""Connections that wait in the pool for the next request."""

from __future__ import annotations

import os
import socket
from typing import Any

import psycopg
import pytest
from flask import Flask
from psycopg import Cursor
from psycopg.errors import UndefinedColumn

from src.config import Settings
from src.database import VANISHED_SECONDS, connect, database_url
from src.extensions import db
from src.services.snapshot import one_read_cursor
from src.services.unit_of_work import done_in_one_trip
from tests.integration.records.conftest import SERVER_IDS, Api

KEEP_IDLE = getattr(socket, "TCP_KEEPIDLE", 0)
OF_OTHERS = "from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"


def test_no_request_meets_a_connection_that_the_server_has_ended(api: Api, settings: Settings) -> None:
    path = f"atendimento/{api.create()['id']}"
    api.get(path)
    with psycopg.connect(database_url(settings), autocommit=True) as connection:
        ended = connection.execute(f"select pg_terminate_backend(pid, 5000) {OF_OTHERS}").fetchall()
    assert ended
    assert api.get(path)["id"]
    assert api.create()["id"]


@pytest.mark.skipif(not hasattr(socket, "TCP_USER_TIMEOUT"), reason="only Linux has it")
def test_no_request_waits_for_long_for_a_server_that_has_vanished(app: Flask, settings: Settings) -> None:
    """One that is switched off says no goodbye: the system would go on sending to it for a quarter of an hour."""
    with app.test_request_context(), connect(settings) as connection:
        opened = socket.socket(fileno=os.dup(connection.fileno()))
    with opened:
        asked = [opened.getsockopt(socket.IPPROTO_TCP, option) for option in (socket.TCP_USER_TIMEOUT, KEEP_IDLE)]
    assert asked == [VANISHED_SECONDS * 1000, VANISHED_SECONDS]


def test_a_record_is_read_by_a_statement_that_is_planned_once(api: Api, app: Flask) -> None:
    created = api.create()
    for _ in range(7):
        api.get(f"atendimento/{created['id']}")
    with app.test_request_context(), one_read_cursor() as cursor:
        # The server plans a statement five times for its values before it takes one plan for all.
        of_it = "where statement like 'SELECT atend%.id = $%'"
        plans = f"select custom_plans, generic_plans > 0 from pg_prepared_statements {of_it}"
        assert cursor.execute(plans).fetchall() == [(5, True)]


def test_the_pool_gets_an_ordinary_connection_back_also_after_an_error(app: Flask) -> None:
    with app.test_request_context():
        with pytest.raises(UndefinedColumn), one_read_cursor() as cursor:
            cursor.execute("select nonsense")
        assert [db.engine.raw_connection().driver_connection.autocommit for _ in range(3)] == [False] * 3


def test_what_is_sent_in_one_trip_is_not_begun_where_another_writer_is_in_the_way(api: Api, app: Flask) -> None:
    def send(connection: psycopg.Connection[Any]) -> Cursor[Any]:
        connection.execute("insert into angel (nome) values ('Ana')")
        return connection.execute("do $$ begin raise sqlstate '40P01'; end $$")  # as after a deadlock

    with app.test_request_context():
        assert done_in_one_trip(send) == []
        assert [db.engine.raw_connection().driver_connection.autocommit for _ in range(3)] == [False] * 3
    assert api.get("angels")["data"] == []
    assert api.create()["id"] == SERVER_IDS[0]
