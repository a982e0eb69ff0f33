"""Clientes, angels and polos."""

from __future__ import annotations

import csv
import io
import tracemalloc
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.integration.indicators.records import Records
from tests.integration.records.conftest import RECORD, Api, refused

MARIA = {"id": 7, "nome": "Maria Souza", "email": "maria@example.com", "telefone": "+55 75 99999-0000"}
NAMED = ["angels", "polos"]


def test_a_cliente_is_added_shown_changed_and_deleted(api: Api) -> None:
    response = api("POST", "clientes", MARIA)
    assert (response.status_code, response.headers["Location"]) == (201, "http://localhost/api/v1/clientes/7")
    cliente = response.get_json()
    assert {name: cliente[name] for name in MARIA} == MARIA
    assert list(cliente) == [*MARIA, "created_at", "updated_at"]
    assert api.get("clientes/7") == cliente
    changed = api("PATCH", "clientes/7", {"email": "", "nome": " Maria  Lima "}).get_json()
    assert (changed["nome"], changed["email"], changed["telefone"]) == ("Maria Lima", None, MARIA["telefone"])
    replaced = api("PUT", "clientes/7", {"id": 7, "email": "m@example.com"}).get_json()
    assert (replaced["nome"], replaced["email"], replaced["telefone"]) == (None, "m@example.com", None)
    assert api("DELETE", "clientes/7").status_code == 204
    refused(api("GET", "clientes/7"), 404)


def test_a_cliente_may_be_known_by_its_id_alone(api: Api) -> None:
    assert api.create("clientes", id_cliente=9)["nome"] is None


@pytest.mark.parametrize(
    ("fields", "names"),
    [
        ({"id": None}, ["id"]),
        ({"id": 0}, ["id"]),
        ({"id": 1, "email": "no mail"}, ["email"]),
        ({"id": 1, "nome": "x" * 201}, ["nome"]),
        ({"id": 1, "cpf": "x"}, ["cpf"]),
    ],
)
def test_wrong_fields_of_a_cliente_are_named(api: Api, fields: dict[str, Any], names: list[str]) -> None:
    refused(api("POST", "clientes", fields), 422, *names)


def test_ids_and_emails_of_clientes_are_unique_whatever_the_case(api: Api) -> None:
    api.create("clientes", **MARIA)
    api.create("clientes", id=8)
    refused(api("POST", "clientes", {"id": 7}), 409, "id")
    refused(api("POST", "clientes", {"id": 9, "email": "MARIA@example.com"}), 409, "email")
    refused(api("PATCH", "clientes/8", {"email": "Maria@Example.com"}), 409, "email")
    refused(api("PUT", "clientes/8", {"id": 9}), 422, "id")
    assert api.ids("clientes") == [7, 8]


@pytest.mark.parametrize(("path", "refers"), [("clientes", "id_cliente"), ("angels", "angel"), ("polos", "polo")])
def test_what_atendimentos_refer_to_is_not_deleted(api: Api, path: str, refers: str) -> None:
    record = api.create()
    (found,) = api.get(path)["data"]
    refused(api("DELETE", f"{path}/{found['id']}"), 409)
    api("DELETE", f"atendimento/{record['id']}")
    refused(api("DELETE", f"{path}/{found['id']}"), 409)
    assert api.get(f"{path}/{found['id']}") == found


@pytest.mark.parametrize("path", NAMED)
def test_names_are_normalised_and_unique(api: Api, path: str) -> None:
    first = api.create(path, nome="  BA  -\tILHEUS ")
    assert first["nome"] == "BA - ILHEUS"
    second = api.create(path, nome="XX")
    refused(api("POST", path, {"nome": "BA - ILHEUS "}), 409, "nome")
    for method in ("PUT", "PATCH"):
        refused(api(method, f"{path}/{second['id']}", {"nome": "BA - ILHEUS"}), 409, "nome")
        refused(api(method, f"{path}/{second['id']}", {"nome": " "}), 422, "nome")
        refused(api(method, f"{path}/{second['id']}", {"uf": "SP"}), 422, *(["nome"] * (method == "PUT")), "uf")
    refused(api("POST", path, {}), 422, "nome")
    assert api("PATCH", f"{path}/{second['id']}", {}).status_code == 200


def test_a_polo_has_the_state_of_its_name(api: Api) -> None:
    polo = api.create("polos", nome="BA - ILHEUS")
    assert list(polo) == ["id", "nome", "uf", "created_at", "updated_at"]
    assert polo["uf"] == "BA"
    assert api("PATCH", f"polos/{polo['id']}", {"nome": "Ilheus"}).get_json()["uf"] is None


def test_a_renamed_angel_keeps_its_records(api: Api) -> None:
    record = api.create()
    angel = api.get("angels")["data"][0]["id"]
    assert api("PUT", f"angels/{angel}", {"nome": "Ana"}).get_json()["nome"] == "Ana"
    assert api.get(f"atendimento/{record['id']}")["angel"] == "Ana"
    assert api.ids(angel="Ana") == [record["id"]]
    assert api.get("indicators/productivity")["data"][0]["angel"] == "Ana"


def test_lists_are_filtered_and_ordered(api: Api) -> None:
    api.create("clientes", **MARIA)
    api.create("clientes", id=3, nome="Ana", telefone="1")
    for parameters, found in (
        ({}, [3, 7]),
        ({"order_by": "-id"}, [7, 3]),
        ({"order_by": "-nome"}, [7, 3]),
        ({"order_by": "email"}, [3, 7]),
        ({"nome": " Ana"}, [3]),
        ({"email": "MARIA@EXAMPLE.COM"}, [7]),
        ({"telefone": "1"}, [3]),
        ({"id": 7, "page": 1, "per_page": 1}, [7]),
        ({"page": 2, "per_page": 1}, [7]),
    ):
        assert api.ids("clientes", **parameters) == found, parameters
    for nome in ("SP - B", "BA - A"):
        api.create("polos", nome=nome)
    assert [row["uf"] for row in api.get("polos", order_by="nome")["data"]] == ["BA", "SP"]
    assert api.ids("polos", uf="SP") == api.ids("polos", uf="sp") == [1]
    refused(api("GET", "angels", order_by="uf"), 400, "order_by")
    refused(api("GET", "angels", uf="SP"), 400, "uf")


def test_pages_and_files_of_clientes(api: Api, records: Records) -> None:
    records.execute("insert into cliente (id, nome) select i, '=' || i % 3 from generate_series(1, 2500) as i")
    seen, url = [], "/api/v1/clientes?order_by=nome&limit=1000"
    while url:
        page = api.get(url)
        seen += [row["id"] for row in page["data"]]
        url = page["next"]
    assert seen == sorted(range(1, 2501), key=lambda each: (each % 3, each))
    rows = list(csv.DictReader(io.StringIO(api("GET", "clientes", format="csv").text, newline="")))
    assert [int(row["id"]) for row in rows] == list(range(1, 2501))
    assert rows[0]["nome"] == "'=1"
    assert api("GET", "clientes", format="ndjson").data.count(b"\n") == 2500


@pytest.mark.parametrize("path", ["clientes", *NAMED])
def test_totals_count_all(api: Api, path: str) -> None:
    assert api.get(f"{path}/total") == {"total": 0}
    api.create()
    assert api.get(f"{path}/total") == {"total": 1}


@pytest.mark.parametrize("path", ["clientes", *NAMED])
def test_etags_guard_what_is_read_and_written(api: Api, path: str) -> None:
    api.create()
    one = f"{path}/{api.get(path)['data'][0]['id']}"
    tag = api("GET", one).headers["ETag"]
    assert api("GET", one, headers={"If-None-Match": tag}).status_code == 304
    assert api("PATCH", one, {"nome": "Other"}, headers={"If-Match": tag}).status_code == 200
    for method, body in (("PATCH", {"nome": "x"}), ("PUT", {"nome": "x"}), ("DELETE", None)):
        refused(api(method, one, body, headers={"If-Match": tag}), 412)


@pytest.mark.parametrize("path", ["clientes", *NAMED])
def test_who_is_not_there_is_a_404(api: Api, path: str) -> None:
    for method, body in (("GET", None), ("PUT", {"nome": "x"}), ("PATCH", {}), ("DELETE", None)):
        refused(api(method, f"{path}/{2**63 - 1}", body), 404)
    assert api.ids(path, id=2**63 - 1) == []


def test_adding_is_done_once_by_key(api: Api) -> None:
    key = {"Idempotency-Key": "1"}
    first, again = (api("POST", "angels", {"nome": "Ana"}, headers=key) for _ in range(2))
    assert (first.status_code, again.data) == (201, first.data)
    refused(api("POST", "polos", {"nome": "Ana"}, headers=key), 422)


def test_the_older_clients_call_them_customers(api: Api) -> None:
    assert (
        api("POST", "/v1/customers", {"id_cliente": 5, "nome": "Ana"}).headers["Location"]
        == "http://localhost/v1/customers/5"
    )
    assert api.get("/v1/customers/5")["nome"] == "Ana"
    assert api.get("/v1/customers/total") == {"total": 1}
    assert api.ids("/v1/customers", page=1, per_page=5, order_by="nome") == [5]
    assert api("PUT", "/v1/customers/5", {"email": "a@example.com"}).status_code == 200
    assert api("DELETE", "/v1/customers/5").status_code == 204


def test_deleting_names_while_records_take_them_up(api: Api, api_of_thread: Callable[[], Api]) -> None:
    def use(number: int) -> list[int]:
        mine = api_of_thread()
        return [mine("POST", "atendimento", {**RECORD, "angel": f"Angel {each}"}).status_code for each in range(15)]

    def remove(number: int) -> list[int]:
        mine, statuses = api_of_thread(), []
        for _ in range(15):
            for angel in mine.ids("angels"):
                statuses.append(mine("DELETE", f"angels/{angel}").status_code)
            mine("POST", "angels", {"nome": f"Angel {len(statuses) % 15}"})
        return statuses

    with ThreadPoolExecutor(4) as pool:
        used = [pool.submit(use, number) for number in range(2)]
        removed = [pool.submit(remove, number) for number in range(2)]
    assert {status for found in used for status in found.result()} == {201}
    assert {status for found in removed for status in found.result()} <= {204, 404, 409}


def test_exports_that_nobody_reads_to_the_end_leave_their_connections(api: Api, records: Records) -> None:
    records.execute("insert into cliente (id, nome) select i, repeat('x', 100) from generate_series(1, 5000) as i")
    for _ in range(15):  # more than the pool has
        response = api.client.get("/api/v1/clientes?format=csv", headers=api.token)
        assert next(response.response)
        response.close()
    assert api.get("clientes/total") == {"total": 5000}


@pytest.mark.parametrize("format", ["csv", "ndjson"])
def test_an_export_of_any_length_takes_the_same_memory(api: Api, records: Records, format: str) -> None:
    records.execute("insert into cliente (id, nome) select i, repeat('x', 100) from generate_series(1, 50000) as i")
    tracemalloc.start()
    try:
        url = f"/api/v1/clientes?format={format}"
        response = api.client.get(url, headers=api.token, buffered=False)
        length = sum(len(block) for block in response.iter_encoded())
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert length > 50_000 * 100
    assert peak < 3 * 1024**2
