"""Many atendimentos at once, all or none."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from src.services.verify import verify_rollups
from tests.integration.records.conftest import RECORD, Api, refused

URL = "atendimento/bulk"


def test_a_thousand_records_are_added_in_their_order(app: Flask, api: Api) -> None:
    data = [{**RECORD, "angel": f"Angel {number % 7}", "id_cliente": 2000 - number} for number in range(1000)]
    data[500]["id"] = 90_000
    response = api("POST", URL, {"data": data})
    assert response.status_code == 201
    added = response.get_json()["data"]
    assert [row["id_cliente"] for row in added] == [row["id_cliente"] for row in data]
    assert added[500]["id"] == 90_000
    assert added[3] == api.get(f"atendimento/{added[3]['id']}")
    assert api.get("atendimento/total") == {"total": 1000}
    with app.app_context():
        assert verify_rollups().count == 0


def test_errors_are_told_by_record_and_nothing_is_added(api: Api) -> None:
    data = [RECORD, {**RECORD, "angel": ""}, {**RECORD, "data_limite": "x", "cor": "azul"}]
    refused(api("POST", URL, {"data": data}), 422, "data.1.angel", "data.2.data_limite", "data.2.cor")
    refused(api("POST", URL, {"data": [RECORD, {**RECORD, "status": "pending"}]}), 422, "data.1.status")
    assert api.ids() == []


def test_ids_that_are_taken_are_told_by_record(api: Api) -> None:
    api.create(id=5)
    data: list[dict[str, Any]] = [RECORD, {**RECORD, "id": 6}, {**RECORD, "id": 5, "angel": "New"}]
    refused(api("POST", URL, {"data": data}), 409, "data.2.id")
    refused(api("POST", URL, {"data": [{**RECORD, "id": 6}, {**RECORD, "id": 6}]}), 422, "data.1.id")
    assert api.ids() == [5]


@pytest.mark.parametrize("body", [{"data": []}, {"data": [RECORD] * 1001}, {"data": None}, {}])
def test_none_and_too_many_are_refused(api: Api, body: dict[str, Any]) -> None:
    refused(api("POST", URL, body), 422, "data")
