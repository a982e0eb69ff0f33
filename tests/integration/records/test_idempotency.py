"""What is asked twice with one Idempotency-Key is done once."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask

from src.services.sweep import sweep
from tests.integration.indicators.records import Records
from tests.integration.records.conftest import RECORD, SERVER_IDS, Api, refused

KEY = {"Idempotency-Key": "4f0c3b9e"}
URL = "atendimento"


def test_a_replay_gives_the_stored_answer(api: Api) -> None:
    first = api("POST", URL, RECORD, headers=KEY)
    api("PATCH", first.headers["Location"], {"angel": "Ana"})
    again = api("POST", URL, dict(reversed(RECORD.items())), headers=KEY)
    assert (again.status_code, again.data, again.headers["Location"]) == (201, first.data, first.headers["Location"])
    assert api.ids() == SERVER_IDS[:1]


def test_another_body_or_operation_is_refused(api: Api) -> None:
    api("POST", URL, RECORD, headers=KEY)
    refused(api("POST", URL, RECORD | {"angel": "Ana"}, headers=KEY), 422)
    refused(api("POST", f"{URL}/bulk", {"data": [RECORD]}, headers=KEY), 422)
    assert api.ids() == SERVER_IDS[:1]


def test_each_caller_has_keys_of_its_own(api: Api, headers_for: Any) -> None:
    other = Api(api.client, headers_for("operator"))
    assert [who("POST", URL, RECORD, headers=KEY).get_json()["id"] for who in (api, other)] == SERVER_IDS[:2]


def test_what_was_refused_may_be_tried_again(api: Api) -> None:
    taken = api.create(id=5)
    refused(api("POST", URL, {**RECORD, "id": taken["id"]}, headers=KEY), 409, "id")
    assert api("POST", URL, RECORD, headers=KEY).status_code == 201


def test_bulk_is_replayed_too(api: Api) -> None:
    first, again = (api("POST", f"{URL}/bulk", {"data": [RECORD] * 3}, headers=KEY) for _ in range(2))
    assert first.data == again.data
    assert api.ids() == SERVER_IDS[:3]


@pytest.mark.parametrize("key", ["x" * 256, "a\tb"])
def test_a_key_that_is_none_is_refused(api: Api, key: str) -> None:
    refused(api("POST", URL, RECORD, headers={"Idempotency-Key": key}), 422, "Idempotency-Key")


def test_while_the_first_is_under_way_the_second_is_told_so(
    api: Api, records: Records, api_of_thread: Callable[[], Api]
) -> None:
    with ThreadPoolExecutor(1) as pool, records.connection.transaction():
        records.execute("select pg_advisory_xact_lock(7012, 1)")  # as an import that merges
        first = pool.submit(api_of_thread(), "POST", URL, RECORD, headers=KEY)
        while not records.execute("select 1 from pg_locks where locktype = 'advisory' and not granted").fetchone():
            assert not first.done(), first.result().text
            time.sleep(0.01)
        refused(api("POST", URL, RECORD, headers=KEY), 409)
        assert api("GET", URL).status_code == 200
    assert api("POST", URL, RECORD, headers=KEY).data == first.result().data


def test_at_once_it_is_done_once(api: Api, api_of_thread: Callable[[], Api]) -> None:
    with ThreadPoolExecutor(8) as pool:
        sent = [pool.submit(api_of_thread(), "POST", URL, RECORD, headers=KEY) for _ in range(8)]
    assert {found.result().status_code for found in sent} <= {201, 409}
    assert api.ids() == SERVER_IDS[:1]


def test_after_a_day_a_key_is_new_and_swept(app: Flask, api: Api, records: Records) -> None:
    api("POST", URL, RECORD, headers=KEY)
    records.execute("update idempotency set created_at = now() - interval '24 hours 1 second'")
    assert api("POST", URL, RECORD | {"angel": "Ana"}, headers=KEY).get_json()["id"] == SERVER_IDS[1]
    with app.app_context():
        sweep()
        assert records.execute("select count(*) from idempotency").fetchone() == (1,)
        records.execute("update idempotency set created_at = now() - interval '24 hours 1 second'")
        sweep()
    assert records.execute("select count(*) from idempotency").fetchone() == (0,)
