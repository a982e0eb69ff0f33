"""What clients of the older APIs send."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.records.conftest import RECORD, Api, refused


@pytest.mark.parametrize("sent", [{"message": "olá"}, [1, None], "x", None, 1.5, {}])
@pytest.mark.parametrize("path", ["/echo", "/v1/echo"])
def test_echo_answers_what_it_got(api: Api, path: str, sent: Any) -> None:
    response = api.client.post(path, data=api.client.application.json.dumps(sent), headers=api.token)
    assert (response.status_code, response.get_json()) == (200, sent)


def test_echo_refuses_what_is_no_json_and_strangers(api: Api) -> None:
    for body in (b"", b"{", b"\xff"):
        refused(api.client.post("/echo", data=body, headers=api.token), 400)
    assert api.client.post("/echo", json={}).status_code == 401


@pytest.mark.parametrize("prefix", ["/api/v1/atendimento", "/v1/services", "/v1/atendimento"])
def test_the_life_of_a_record_at_each_address(api: Api, prefix: str) -> None:
    fields = {**RECORD, "id_atendimento": 1868, "data_limite": "30/06/2021", "data_de_atendimento": "-"}
    created = api("POST", prefix, fields)
    assert created.headers["Location"] == f"{prefix}/1868"
    assert api.ids(prefix, page=1, per_page=20, order_by="-data_limite", status="pending") == [1868]
    visit = {"data_limite": "2021-06-30 23:59:59", "data_de_atendimento": "2021-06-29 12:57:19"}
    assert api("PUT", f"{prefix}/1868", visit).get_json()["on_time"] is True
    assert api.get(f"{prefix}/1868")["angel"] == RECORD["angel"]
    assert api.get(f"{prefix}/total") == {"total": 1}
    query = {"start_date": "2021-06-01", "end_date": "2021-06-30", "sort_field": "avg_time", "desc": "true"}
    assert api.get("/v1/indicators/sla/polo", **query)["data"][0]["on_time"] == 1
    assert api("DELETE", f"{prefix}/1868").status_code == 204
