"""Writers at once over HTTP, and imports among them: nothing is lost, doubled or miscounted."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from src.repositories import atendimentos
from src.services.atendimentos import change_atendimento, replace_atendimento
from tests.e2e.running import wait_for
from tests.integration.at_once import at_once
from tests.integration.imports.conftest import HEADER, Imports, imports
from tests.integration.indicators.records import Records
from tests.integration.records.conftest import RECORD, SERVER_IDS, Api, refused

__all__ = ["imports"]  # the fixture of the imports' tests
pytestmark = pytest.mark.usefixtures("exact_rollups")
URL = "atendimento"
OURS = "select pid from pg_locks join pg_database on pg_database.oid = database where datname = current_database()"
WAITING = f"from pg_locks where not granted and pid in ({OURS})"


def test_fifty_clients_make_one_cliente_angel_and_polo(
    api: Api, records: Records, api_of_thread: Callable[[], Api]
) -> None:
    apis = [api_of_thread() for _ in range(50)]
    statuses = at_once(50, lambda number: apis[number]("POST", URL, RECORD).status_code)
    assert statuses == [201] * 50
    assert api.ids() == sorted(api.ids())
    assert api.get(f"{URL}/total") == {"total": 50}
    for table in ("cliente", "angel", "polo"):
        assert records.execute(f"select count(*) from {table}").fetchone() == (1,)


def test_one_id_is_given_to_one_of_many(api: Api, api_of_thread: Callable[[], Api]) -> None:
    apis = [api_of_thread() for _ in range(8)]
    statuses = at_once(8, lambda number: apis[number]("POST", URL, {**RECORD, "id": 7}).status_code)
    assert sorted(statuses) == [201] + [409] * 7


def test_of_changes_with_one_etag_one_wins(api: Api, api_of_thread: Callable[[], Api]) -> None:
    path = f"{URL}/{api.create()['id']}"
    tag = api("GET", path).headers["ETag"]
    apis = [api_of_thread() for _ in range(6)]

    def change(number: int) -> int:
        return int(apis[number]("PATCH", path, {"angel": f"Angel {number}"}, headers={"If-Match": tag}).status_code)

    assert sorted(at_once(6, change)) == [200] + [412] * 5


def test_writers_do_not_wait_for_ever_while_an_import_is_written(
    api: Api, records: Records, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(atendimentos, "GATE", atendimentos.GATE.replace(atendimentos.MAX_WAIT, "100ms"))
    path = f"{URL}/{api.create()['id']}"
    with records.connection.transaction():
        records.execute("select pg_advisory_xact_lock(7012, 1)")
        calls = (("POST", URL, RECORD), ("PATCH", path, {}), ("DELETE", path, None), ("POST", "clientes", {"id": 1}))
        for method, where, body in calls:
            response = api(method, where, body)
            refused(response, 503)
            assert response.headers["Retry-After"] == "5"
        assert api.ids() == SERVER_IDS[:1]
    assert api("PATCH", path, {}).status_code == 200


@contextmanager
def new_record_that_waits(records: Records, api: Api) -> Iterator[Future[TestResponse]]:
    """Add a record that waits, as long as the block runs, for a row of the rollups; yields what will be the answer."""
    with ThreadPoolExecutor(1) as pool, records.connection.transaction():
        records.execute("select from polo_day for update")
        answer = pool.submit(api, "POST", URL, RECORD)
        wait_for(lambda: records.execute(f"select {WAITING}").fetchall())
        yield answer


def test_a_new_record_holds_the_merge_gate_until_it_is_stored(
    api: Api, records: Records, api_of_thread: Callable[[], Api]
) -> None:
    """What sends all of its statements at once has them done as one transaction."""
    gate = "select pg_try_advisory_xact_lock(7012, 1)"
    api.create()
    with new_record_that_waits(records, api_of_thread()) as answer:
        assert records.execute(gate).fetchone() == (False,)
        assert api.ids() == SERVER_IDS[:1]
    assert answer.result().status_code == 201
    assert records.execute(gate).fetchone() == (True,)
    assert api.ids() == SERVER_IDS[:2]


def test_a_connection_that_ends_under_a_new_record_is_told_and_nothing_is_added(
    api: Api, records: Records, api_of_thread: Callable[[], Api]
) -> None:
    api.create()
    with new_record_that_waits(records, api_of_thread()) as answer:
        records.execute(f"select pg_terminate_backend(pid) {WAITING}")
        refused(answer.result(), 503)
    assert api.ids() == SERVER_IDS[:1]
    assert api.create()["id"] == SERVER_IDS[2]


def mixed_writer(api: Api, number: int) -> int:
    """Create, change, move and delete records of all writers, and return how many calls succeeded."""
    draw, succeeded = random.Random(number), 0
    for _ in range(25):
        some = f"{URL}/{draw.randint(1, 60)}"
        visit = f"2021-06-{draw.randint(1, 9):02}T10:00:00"
        names = {"angel": f"Angel {draw.randint(1, 5)}", "polo": f"BA - {draw.randint(1, 3)}"}
        fields = {**RECORD, **names, "data_de_atendimento": visit, "id_cliente": draw.randint(1, 20)}
        response = draw.choice(
            [
                lambda: api("POST", URL, fields),  # noqa: B023
                lambda: api("POST", f"{URL}/bulk", {"data": [fields, {**fields, "angel": "Angel 1"}]}),  # noqa: B023
                lambda: api("PATCH", some, names),  # noqa: B023
                lambda: api("PATCH", some, {"data_de_atendimento": draw.choice([visit, None])}),  # noqa: B023
                lambda: api("PUT", some, fields),  # noqa: B023
                lambda: api("DELETE", some),  # noqa: B023
            ]
        )()
        assert response.status_code in (200, 201, 204, 404), response.text
        succeeded += response.status_code != 404
    return succeeded


def some_file(number: int) -> str:
    """A file of records that writers change meanwhile, and of others far beyond what the server has given."""
    draw = random.Random(number)
    ids = [*range(1, 40, 2), *range(1000 * number, 1000 * number + 30)]
    lines = (
        f"{each};{draw.randint(1, 30)};Angel {draw.randint(1, 6)};BA - {draw.randint(1, 3)};"
        f"05/06/2021;{draw.randint(1, 9):02}/06/2021 11:00:00\n"
        for each in ids
    )
    return HEADER + "".join(lines)


def test_any_mix_of_writers_and_imports_leaves_exact_rollups(
    api: Api, imports: Imports, api_of_thread: Callable[[], Api]
) -> None:
    writers = 6
    apis = [api_of_thread() for _ in range(writers)]
    queued = [imports.queue(some_file(number)) for number in (1, 2, 3)]

    def work(number: int) -> int:
        if number < writers:
            return mixed_writer(apis[number], number)
        return sum(imports_run(imports, each) for each in queued)

    done = at_once(writers + 1, work)
    assert done[-1] == 3
    assert min(done[:-1]) > 0
    listed = api.ids(limit=1000)
    assert len(set(listed)) == len(listed)
    assert api.create()["id"] > max(listed)


def imports_run(imports: Imports, import_id: int) -> bool:
    from src.services.run_import import run_import

    with imports.app.app_context():
        run_import(import_id)
    return bool(imports.row(import_id)["status"] == "completed")


VISIT = "2021-06-28T10:00:00"


@pytest.mark.parametrize("method", ["PATCH", "PUT"])
@pytest.mark.parametrize(("path", "field"), [("angels", "angel"), ("polos", "polo")])
def test_a_change_of_a_date_during_a_rename_does_not_bring_the_old_name_back(
    app: Flask, api: Api, records: Records, method: str, path: str, field: str
) -> None:
    """A rename over the API waits for the change to end; one by psql, or by the version before, does not."""
    record = api.create()

    def rename(_: dict[str, object]) -> None:
        """Come between what the change reads and what it writes, over another connection."""
        records.execute(f"update {field} set nome = 'SP - NEW'")

    dates = {"data_limite": datetime(2021, 6, 29), "data_de_atendimento": datetime(2021, 6, 28, 10)}
    change = change_atendimento if method == "PATCH" else replace_atendimento
    with app.test_request_context():
        changed = change(record["id"], dates, rename)
    assert (changed[field], changed["data_de_atendimento"]) == ("SP - NEW", dates["data_de_atendimento"])
    assert [found["nome"] for found in api.get(path)["data"]] == ["SP - NEW"]


def test_records_follow_their_angel_through_any_number_of_renames(api: Api, api_of_thread: Callable[[], Api]) -> None:
    ids = [api.create()["id"] for _ in range(20)]
    angel = f"angels/{api.ids('angels')[0]}"
    apis = [api_of_thread() for _ in range(3)]

    def work(number: int) -> set[int]:
        if number == 0:
            return {apis[0]("PATCH", angel, {"nome": f"Angel {n}"}).status_code for n in range(40)}
        mine = ids[number - 1 :: 2]
        return {apis[number]("PATCH", f"{URL}/{each}", {"data_de_atendimento": VISIT}).status_code for each in mine}

    assert at_once(3, work) == [{200}] * 3
    assert [found["nome"] for found in api.get("angels")["data"]] == ["Angel 39"]
    assert api.ids(angel="Angel 39") == ids
