"""Random files and random operations against a plain model of the domain."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import psycopg
import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from src.config import Settings
from src.database import database_url
from src.repositories.verify import fetch_differences
from tests.faults.conftest import LONG
from tests.faults.model import Model, Stored
from tests.integration.imports.conftest import HEADER, Imports, counts
from tests.oracle import read_bytes

EXAMPLES, STEPS = (150, 40) if LONG else (4, 20)
FILES = 300 if LONG else 8
PATIENT = {"deadline": None, "suppress_health_check": list(HealthCheck)}
STORED = """
    select atendimento.id, id_cliente, angel.nome, polo.nome, data_limite, data_de_atendimento, status,
        deleted_at is not null
    from atendimento join angel on angel.id = angel_id join polo on polo.id = polo_id
"""
IDS = st.integers(1, 25)
NAMES = st.sampled_from(["Ana", "Bia", "José da Silva", "Çelik"])
POLOS = st.sampled_from(["SP - SANTOS", "BA - FEIRA DE SANTANA", "RJ - NITEROI"])
EDGES = [
    datetime(2023, 12, 31, 23, 59, 59),
    datetime(2024, 1, 1),
    datetime(2024, 2, 29),
    datetime(2024, 2, 29, 23, 59, 59),
]
MOMENTS = st.sampled_from(EDGES) | st.datetimes(datetime(2023, 11, 1), datetime(2024, 3, 31)).map(
    lambda moment: moment.replace(microsecond=0)
)
SHAPES = (
    "%d/%m/%Y %H:%M:%S",
    "%Y-%m-%d %H:%M:%S",
    "%d/%m/%Y %H:%M",
    "%d/%m/%Y",
    "%Y-%m-%d",
    "%d/%m/%y",
    "%d /%m /%Y %H:%M",
)
DATES = st.builds(lambda moment, shape: moment.strftime(shape), MOMENTS, st.sampled_from(SHAPES))
VISITS = DATES | st.sampled_from(["-", ""])
RIGHT = st.tuples(IDS.map(str), IDS.map(str), NAMES, POLOS, DATES, VISITS).map(";".join)
WRONG = st.sampled_from(
    ["x;1;Ana;SP - A;30/06/2021;-", "3;1;;SP - A;30/06/2021;-", "4;1;Ana;SP - A;31/02/2021;-", "5;1", ";"]
)
ROWS = st.lists(st.one_of(*[RIGHT] * 9, WRONG), max_size=30)


def file_of(rows: list[str]) -> bytes:
    return (HEADER + "".join(f"{row}\n" for row in rows)).encode()


@pytest.fixture
def imports(app: Flask, settings: Settings) -> Iterator[Imports]:
    with psycopg.connect(database_url(settings), autocommit=True) as connection:
        yield Imports(app, connection)


@pytest.fixture
def call(app_with: Callable[..., Flask], auth_headers: dict[str, str]) -> Callable[..., Any]:
    client = app_with(rate_limit_uploads=10**6).test_client()  # a cancel counts as one
    return lambda method, path, **given: client.open(f"/api/v1{path}", method=method, headers=auth_headers, **given)


def empty(imports: Imports) -> None:
    imports.connection.execute("truncate atendimento, cliente, angel, polo cascade")
    imports.connection.execute("truncate import, import_rejection, import_history")


def verify(imports: Imports) -> None:
    with imports.connection.cursor() as cursor:
        assert [fetch_differences(cursor, group, 3) for group in ("angel", "polo")] == [(0, [])] * 2


class Operations(RuleBasedStateMachine):
    """What users may do to an application and its database, and to the model beside it."""

    def __init__(self, imports: Imports, call: Callable[..., Any]) -> None:
        super().__init__()
        empty(imports)
        self.imports = imports
        self.call = call
        self.model = Model()
        self.last: bytes = b""

    @rule(
        number=IDS,
        cliente=IDS,
        angel=NAMES,
        polo=POLOS,
        limite=MOMENTS,
        visit=st.none() | MOMENTS,
        off=st.booleans(),
    )
    def create(self, number, cliente, angel, polo, limite, visit, off) -> None:
        status = "cancelled" if off else "done" if visit else "pending"
        record = Stored(cliente, angel, polo, limite, visit, status, write=0)
        fields = {"id": number, "id_cliente": cliente, "angel": angel, "polo": polo, "status": status}
        answer = self.call("POST", "/atendimento", json=fields | json_of(data_limite=limite, data_de_atendimento=visit))
        if number in self.model.records:
            assert answer.status_code == 409
        else:
            assert answer.status_code == 201, answer.text
            self.model.create(number, record)

    @precondition(lambda self: self.model.records)
    @rule(
        data=st.data(),
        moved=st.fixed_dictionaries({}, optional={"angel": NAMES, "polo": POLOS}),
        limite=MOMENTS,
        visit=st.none() | MOMENTS,
        visited=st.booleans(),
    )
    def change(self, data, moved, limite, visit, visited) -> None:
        number = data.draw(st.sampled_from(sorted(self.model.records)))
        values = moved | {"data_limite": limite} | ({"data_de_atendimento": visit} if visited else {})
        answer = self.call("PATCH", f"/atendimento/{number}", json=json_of(**values))
        if self.model.records[number].deleted:
            assert answer.status_code == 404
        else:
            assert answer.status_code == 200, answer.text
            self.model.change(number, **values)

    @precondition(lambda self: self.model.live())
    @rule(data=st.data())
    def delete(self, data) -> None:
        number = data.draw(st.sampled_from(sorted(self.model.live())))
        assert self.call("DELETE", f"/atendimento/{number}").status_code == 204
        self.model.delete(number)

    @rule(
        rows=ROWS,
        mode=st.sampled_from(["upsert", "upsert", "insert"]),
        dry_run=st.sampled_from([False] * 4 + [True]),
    )
    def import_file(self, rows, mode, dry_run) -> None:
        self.last = file_of(rows)
        self._import(mode, dry_run)

    @precondition(lambda self: self.last)
    @rule()
    def import_the_same_file_twice(self) -> None:
        self._import("upsert", False)
        again = self.imports.run(self.last)
        assert again["rows_inserted"] + again["rows_updated"] == 0
        self.model.import_(again["id"], read_bytes(self.last), "upsert")

    def _import(self, mode: str, dry_run: bool) -> None:
        row = self.imports.run(self.last, mode=mode, dry_run=dry_run)
        assert row["status"] == "completed", row["error"]
        expected = self.model.import_(None if dry_run else row["id"], read_bytes(self.last), mode)
        assert counts(row) == expected
        assert row["rows_read"] == sum(expected.values()) - row["rows_read"]

    @rule(rows=ROWS)
    def cancel(self, rows) -> None:
        import_id = self.imports.queue(file_of(rows))
        assert self.call("POST", f"/imports/{import_id}/cancel").status_code == 202
        assert self.imports.run_queued(import_id)["status"] == "cancelled"

    @precondition(lambda self: self.model.imports)
    @rule(data=st.data())
    def undo(self, data) -> None:
        import_id = data.draw(st.sampled_from(sorted(self.model.imports)))
        answer = self.call("POST", f"/imports/{import_id}/undo")
        assert answer.status_code == (200 if self.model.undo(import_id) else 409), answer.text

    @rule(limit=st.integers(1, 5), data=st.data())
    def walk_the_list_while_records_are_added(self, limit, data) -> None:
        before, seen, path = set(self.model.live()), [], f"/atendimento?limit={limit}&order_by=angel"
        while path:
            page = self.call("GET", path).json
            seen += [record["id"] for record in page["data"]]
            path = (page["next"] or "").partition("/api/v1")[2]
            number = data.draw(IDS)
            if number not in self.model.records and len(self.model.records) < 20:
                self.create(number, 1, data.draw(NAMES), "SP - SANTOS", EDGES[0], None, False)
        assert len(seen) == len(set(seen))
        assert before <= set(seen)

    @invariant()
    def the_records_are_those_of_the_model(self) -> None:
        found = self.imports.connection.execute(STORED).fetchall()
        assert {row[0]: row[1:] for row in found} == {
            number: (r.id_cliente, r.angel, r.polo, r.data_limite, r.data_de_atendimento, r.status, r.deleted)
            for number, r in self.model.records.items()
        }

    @invariant()
    def the_indicators_are_those_of_the_model(self) -> None:
        verify(self.imports)
        rows = self.call("GET", "/indicators/sla/polo?limit=1000").json["data"]
        assert {row["polo"]: (row["total"], row["on_time"]) for row in rows} == self.model.sla()
        assert self.call("GET", "/atendimento/total").json["total"] == len(self.model.live())


def json_of(**values: object) -> dict[str, object]:
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in values.items()}


def test_any_operations_in_any_order_leave_what_the_model_says(imports: Imports, call, tried) -> None:
    wanted = settings(max_examples=EXAMPLES, stateful_step_count=STEPS, **PATIENT)
    run_state_machine_as_test(lambda: Operations(imports, call), settings=wanted)
    tried(
        f"random operations, {STEPS} in a row (Hypothesis)",
        EXAMPLES,
        "records, counts, lists and indicators as in the model",
    )


def test_the_order_of_rows_with_ids_of_their_own_does_not_matter(imports: Imports, tried) -> None:
    @settings(max_examples=FILES, **PATIENT)
    @given(rows=ROWS, seed=st.integers(), filled=ROWS)
    def holds(rows: list[str], seed: int, filled: list[str]) -> None:
        rows = list({row.partition(";")[0]: row for row in rows}.values())
        shuffled = random.Random(seed).sample(rows, len(rows))
        ends = []
        for each in (rows, shuffled):
            empty(imports)
            imports.run(file_of(filled))
            row = imports.run(file_of(each))
            assert row["status"] == "completed", row["error"]
            verify(imports)
            ends.append((counts(row), imports.dump()))
        assert ends[0] == ends[1]

    holds()
    tried("random files and the same rows in another order (Hypothesis)", FILES, "the same records and counts")
