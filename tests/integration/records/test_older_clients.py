"""What clients of the two older APIs send: their addresses, names of fields, dates and parameters."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.integration.records.conftest import RECORD, SERVER_IDS, Api, refused

CSV = (
    b"id_atendimento\tid_cliente\tangel\tpolo\tdata_limite\tdata_de_atendimento\n"
    b"715\t77226365\tSergio Wanderley Ferreira\tCE - JUAZEIRO DO NORTE\t30/06/2021\t2021-06-29 09:09:30\n"
)
ORDERS = ["id", "created_at", "updated_at", "id_cliente", "cliente_id", "angel", "polo", "data_limite"]
ORDERS += ["data_de_atendimento"]
CLIENTES = b"77226365;Tara Jones;77226365wwilliams@yahoo.com;05953162998\n"
PERIOD = {"start_date": "2021-02-03", "end_date": "2021-10-03"}
SERVICE = {
    "id_cliente": 2,
    "angel": "Sergio Wanderley Ferreira",
    "polo": "RJ",
    "data_limite": "2024-05-22",
    "data_de_atendimento": "2024-03-21 00:00:00",
}


@pytest.mark.parametrize("sent", [{"data": "Hello, World!"}, {"message": "olá"}, [1, None], "x", None, 1.5, {}])
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
    assert created.headers["Location"] == f"http://localhost{prefix}/1868"
    assert api.ids(prefix, page=1, per_page=20, order_by="-data_limite", status="pending") == [1868]
    visit = {"data_limite": "2021-06-30 23:59:59", "data_de_atendimento": "2021-06-29 12:57:19"}
    assert api("PUT", f"{prefix}/1868", visit).get_json()["on_time"] is True
    assert api.get(f"{prefix}/1868")["angel"] == RECORD["angel"]
    assert api.get(f"{prefix}/total") == {"total": 1}
    query = {"start_date": "2021-06-01", "end_date": "2021-06-30", "sort_field": "avg_time", "desc": "true"}
    assert api.get("/v1/indicators/sla/polo", **query)["data"][0]["on_time"] == 1
    assert api("DELETE", f"{prefix}/1868").status_code == 204


class TestAtendimento:
    """The clients of /api/v1/atendimento."""

    def test_the_cliente_may_be_called_cliente_id(self, api: Api) -> None:
        sent = {**RECORD, "cliente_id": 123456, "data_de_atendimento": "2021-06-29"}
        del sent["id_cliente"]
        created = api("POST", "atendimento", sent)
        assert (created.status_code, created.get_json()["id_cliente"]) == (201, 123456)
        refused(api("POST", "atendimento", {**RECORD, "cliente_id": 1}), 422, "cliente_id")

    @pytest.mark.parametrize("name", ORDERS)
    def test_lists_are_ordered_by_each_name_and_paged_by_number(self, api: Api, name: str) -> None:
        first, second = (api.create(id_cliente=n, angel=f"Ana {n}", polo=f"BA - {n}")["id"] for n in (1, 2))
        assert api.ids(order_by=name, page=1, per_page=1) == [first]
        assert api.ids(order_by=f"-{name}", page=2, per_page=1) == [first]
        assert api.ids(order_by=name, page=2, per_page=1) == [second]
        assert api.ids(order_by=name, page=3, per_page=1) == []

    def test_an_unknown_order_is_a_400(self, api: Api) -> None:
        assert "id_cliente" in refused(api("GET", "atendimento", order_by="invalid"), 400, "order_by")["detail"]

    @pytest.mark.parametrize("content_type", ["text/csv", "text/csv; charset=utf-8", "multipart/form-data"])
    def test_a_file_is_the_body_or_a_part_of_it(self, api: Api, content_type: str) -> None:
        data: Any = {"file": (io.BytesIO(CSV), "test.csv")} if "multipart" in content_type else CSV
        url = "/api/v1/atendimento/import_csv"
        sent = api.client.post(url, data=data, content_type=content_type, headers=api.token)
        assert sent.status_code == 202
        status = api.get(f"atendimento/task_status/{sent.get_json()['task_id']}")
        assert (status["state"], status["result"]["id"]) == ("PENDING", sent.get_json()["id"])

    @pytest.mark.parametrize(
        "sent",
        [
            {"data_limite": "2021-07-31", "data_de_atendimento": "2021-07-30"},
            {"data_limite": "31/07/2021", "data_de_atendimento": "30/07/2021 10:15:27"},
            {"data_limite": "2021-07-31T00:00:00", "data_de_atendimento": None},
            {"data_de_atendimento": "2021-06-29T12:57:19Z"},
            {"data_limite": "2021-07-31"},
            {"data_limite": "2021-07-31", "data_de_atendimento": "2021-07-30", "status": "cancelled"},
        ],
    )
    def test_put_with_dates_alone_changes_those_alone(self, api: Api, sent: dict[str, Any]) -> None:
        stored = api.create()
        changed = api("PUT", f"atendimento/{stored['id']}", sent)
        assert changed.status_code == 200, changed.text
        kept = {"id", "id_cliente", "angel", "polo", "created_at"} | {"data_limite", "data_de_atendimento"} - set(sent)
        assert {name: changed.get_json()[name] for name in kept} == {name: stored[name] for name in kept}

    def test_the_views_at_most_so_many(self, api: Api) -> None:
        api.create()
        for name in ("angel_productivity", "polo_productivity"):
            assert len(api.get(f"atendimento/{name}", at_most=1)["data"]) == 1


class TestServicesAndCustomers:
    """The clients of /v1."""

    def test_a_service_is_created_and_replaced(self, api: Api) -> None:
        created = api("POST", "/v1/services", SERVICE)
        assert created.status_code == 201, created.text
        path = created.headers["Location"]
        assert path == f"http://localhost/v1/services/{created.get_json()['id']}"
        replaced = api("PUT", path, {**SERVICE, "angel": "teste87687", "polo": "RN", "data_limite": "2024-05-23"})
        assert (replaced.status_code, replaced.get_json()["polo"]) == (200, "RN")
        assert api.get(path) == replaced.get_json()

    @pytest.mark.parametrize(
        "parameters",
        [
            {"angel": SERVICE["angel"]},
            {"id": str(SERVER_IDS[0])},
            {"id_cliente": "2"},
            {"polo": "RJ"},
            {"data_de_atendimento": "2024-03-21 00:00:00"},
            {"data_limite": "2024-05-22"},
            {"limit": "10", "offset": "0"},
        ],
    )
    def test_services_are_filtered_by_every_field(self, api: Api, parameters: dict[str, str]) -> None:
        api("POST", "/v1/services", SERVICE)
        other = {name: f"{value}9" if name == "angel" else "SP" for name, value in SERVICE.items()}
        api("POST", "/v1/services", SERVICE | {"id_cliente": 3, "angel": other["angel"], "polo": "SP"})
        assert SERVER_IDS[0] in api.ids("/v1/services", **parameters)
        assert api.get("/v1/services/total") == {"total": 2}

    def test_a_customer_comes_without_an_id(self, api: Api) -> None:
        created = api("POST", "/v1/customers", {"email": "teste1@gmail.com", "nome": "teste1"})
        assert created.status_code == 201, created.text
        path = created.headers["Location"]
        assert path == f"http://localhost/v1/customers/{created.get_json()['id']}"
        sent = {"email": "teste1@gmail.com", "nome": "teste1", "telefone": "888888888"}
        assert api("PUT", path, sent).get_json()["telefone"] == "888888888"
        for name, value in sent.items():
            assert api.ids("/v1/customers", **{name: value}) == [created.get_json()["id"]]
        assert api.get("/v1/customers/total") == {"total": 1}
        assert api("DELETE", path).status_code == 204
        assert api("GET", path).status_code == 404

    def test_customers_without_an_id_get_different_ones_also_at_once(self, api: Api, api_of_thread: Any) -> None:
        with ThreadPoolExecutor(8) as pool:
            sent = [{"nome": "teste1", "email": f"teste{number}@gmail.com"} for number in range(24)]
            answers = list(pool.map(lambda body: api_of_thread()("POST", "/v1/customers", body), sent))
        assert [answer.status_code for answer in answers] == [201] * 24
        ids = {answer.get_json()["id"] for answer in answers}
        assert len(ids) == 24
        assert min(ids) > 10**12  # no file has such

    @pytest.mark.parametrize(("path", "file"), [("services", CSV), ("customers", CLIENTES)])
    def test_a_file_is_sent_as_a_batch(self, api: Api, path: str, file: bytes) -> None:
        data = {"file": (io.BytesIO(file), "batch.csv")}
        sent = api.client.post(f"/v1/{path}/batch", data=data, headers=api.token)
        assert sent.status_code == 202, sent.text
        assert sent.get_json()["kind"] == {"services": "atendimentos", "customers": "clientes"}[path]

    @pytest.mark.parametrize("sort_field", ["total", "total_sla", "avg_time"])
    @pytest.mark.parametrize("desc", ["true", "false"])
    @pytest.mark.parametrize("path", ["productivity", "sla/angel", "sla/polo"])
    def test_indicators_are_sorted_as_before(self, api: Api, path: str, sort_field: str, desc: str) -> None:
        api.create()
        answer = api.get(f"/v1/indicators/{path}", sort_field=sort_field, desc=desc, **PERIOD)
        assert [row["total"] for row in answer["data"]] == [1]

    @pytest.mark.parametrize("path", ["/v1/services", "/v1/services/total", "/v1/customers", "/v1/customers/total"])
    def test_an_address_may_end_with_a_slash_and_a_get_may_have_a_body(self, api: Api, path: str) -> None:
        for url in (path, f"{path}/"):
            sent = api.client.get(url, data='""', content_type="application/json", headers=api.token)
            assert sent.status_code == 200, url

    def test_what_is_created_behind_a_slash_has_an_address_without_two(self, api: Api) -> None:
        location = api("POST", "/v1/services/", SERVICE).headers["Location"]
        assert api("GET", location).status_code == 200
        assert "//" not in location.removeprefix("http://")

    def test_health_answers_strangers(self, api: Api) -> None:
        response = api.client.get("/v1/health")
        assert response.status_code in (200, 503)  # no worker runs here
