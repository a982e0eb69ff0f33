"""The server's ids have a range of their own (rule 12): nobody else can enter or move it, and every door takes them."""

from __future__ import annotations

import io
from typing import Any

import pytest

from src.repositories import atendimentos
from src.services.audit import actor
from src.services.lists import zone_name
from src.services.unit_of_work import unit_of_work
from tests.integration.imports.conftest import HEADER, Imports, counts, imports
from tests.integration.indicators.records import Records
from tests.integration.records.conftest import RECORD, SERVER_IDS, Api, refused

__all__ = ["imports"]  # the fixture of the imports' tests
pytestmark = pytest.mark.usefixtures("exact_rollups")
FIRST, LAST, LARGEST = 9 * 10**15, 2**53 - 1, 8_999_999_999_999_999
URL = "atendimento"
PREFIXES = [("/api/v1/atendimento", "/api/v1/clientes"), ("/v1/services", "/v1/customers")]
# What earlier versions have stored: in the server's range, above it, and above 18 digits.
OLD = [FIRST + 5, LAST + 1, 10**18 - 1, 10**18, 2**63 - 1]


def line(number: int | str, cliente: int | str = 528921976, visit: str = "29/06/2021 12:57:19") -> str:
    return f"{number};{cliente};{RECORD['angel']};{RECORD['polo']};30/06/2021;{visit}\n"


def export(api: Api, path: str) -> bytes:
    response = api("GET", path, format="csv")
    assert response.status_code == 200
    return response.data


@pytest.fixture
def old(records: Records) -> list[int]:
    """Records and clientes of all those ids."""
    records.execute("insert into angel (nome) values (%s)", [RECORD["angel"]])
    records.execute("insert into polo (nome) values (%s)", [RECORD["polo"]])
    records.execute("insert into cliente (id) select unnest(%s::bigint[])", [OLD])
    records.execute(
        "insert into atendimento (id, id_cliente, angel_id, polo_id, data_limite, data_de_atendimento, status)"
        " select each, each, angel.id, polo.id, '2021-06-30 23:59:59', '2021-06-29 12:57:19', 'done'"
        " from unnest(%s::bigint[]) as each, angel, polo",
        [OLD],
    )
    return OLD


@pytest.mark.parametrize(("services", "customers"), PREFIXES)
def test_every_route_takes_the_ids_that_the_server_gives(
    api: Api, imports: Imports, services: str, customers: str
) -> None:
    cliente = api("POST", customers, {"nome": "Ana"}).get_json()
    record = api("POST", services, {**RECORD, "id_cliente": cliente["id"]}).get_json()
    some = api("POST", f"{services}/bulk", {"data": [{**RECORD, "id_cliente": cliente["id"]}] * 3}).get_json()["data"]
    given = [cliente["id"], record["id"], *(each["id"] for each in some)]
    assert all(FIRST <= each <= LAST for each in given)
    assert len({record["id"], *(each["id"] for each in some)}) == 4
    works_with_its_own_id(api, services, record, "id_cliente", cliente["id"])
    works_with_its_own_id(api, customers, cliente, "nome", "Bia")
    assert api.ids(services, id_cliente=cliente["id"]) == [record["id"], *(each["id"] for each in some)]
    assert api("PATCH", f"{services}/{record['id']}", {"id_cliente": 7}).status_code == 200
    assert api("PATCH", f"{services}/{record['id']}", {"id_cliente": cliente["id"]}).status_code == 200
    for path, kind, count in ((services, "atendimentos", 4), (customers, "clientes", 2)):
        assert counts(imports.run(export(api, path), kind=kind)) == {"read": count, "unchanged": count}


def works_with_its_own_id(api: Api, path: str, found: dict[str, Any], field: str, value: Any) -> None:
    one = f"{path}/{found['id']}"
    assert api.ids(path, id=found["id"]) == [found["id"]]
    names = ("id", "id_cliente", "angel", "polo", "data_limite", "data_de_atendimento", "status", "nome", "email")
    whole = {name: found[name] for name in names if name in found}
    assert api("PUT", one, whole).status_code == 200
    assert api("PATCH", one, {"id": found["id"], field: value}).get_json()[field] == value
    assert api("PATCH", one, {"id": str(found["id"])}).status_code == 200
    refused(api("PATCH", one, {"id": found["id"] + 10}), 422, "id")
    assert api.get(one)[field] == value


def test_a_file_changes_and_restores_a_record_that_the_server_numbered(api: Api, imports: Imports) -> None:
    imports.run(HEADER + line(1))
    record = api.create()
    late = line(record["id"], visit="01/07/2021 10:00")
    assert counts(imports.run(HEADER + late + f'"{record["id"]}"' + line("", visit="-"))) == {
        "read": 2,
        "updated": 1,
        "superseded": 1,
    }
    assert api.get(f"{URL}/{record['id']}")["status"] == "pending"
    assert api("DELETE", f"{URL}/{record['id']}").status_code == 204
    assert counts(imports.run(HEADER + late)) == {"read": 1, "updated": 1}
    assert api.get(f"{URL}/{record['id']}")["on_time"] is False


@pytest.mark.parametrize("loaded", [False, True], ids=["first load", "staged"])
def test_files_can_not_enter_the_range(api: Api, imports: Imports, loaded: bool) -> None:
    cliente = api.create("clientes")["id"]
    if loaded:
        imports.run(HEADER + line(1))
    wrong = [FIRST, FIRST + 7, LAST, LAST + 1, 10**18 - 1, 2**63 - 1, 2**63, 10**30]
    body = HEADER + line(2) + line(LARGEST, LARGEST) + line(3, cliente)
    body += "".join(map(line, wrong)) + line(4, cliente + 10) + f'"{FIRST}"' + line("") + line(10**18, 10**18)
    row = imports.run(body)
    rejected = [("id_atendimento", number) for number in range(5, 5 + len(wrong))]
    rejected += [("id_cliente", 13), ("id_atendimento", 14), ("id_atendimento", 15)]
    assert counts(row) == {"read": 14, "inserted": 3, "rejected": 11}
    found = imports.rejections(row["id"])
    assert [(column, number) for number, column, _, _ in found] == rejected
    assert {code for _, _, code, _ in found} == {"invalid_id"}
    assert [raw for *_, raw in found][-2] == f'"{FIRST}"' + line("").rstrip("\n")
    reasons = imports.connection.execute("select reason from import_rejection where import_id = %s", [row["id"]])
    assert all(str(LARGEST) in reason for (reason,) in reasons.fetchall())
    assert api.create()["id"] == SERVER_IDS[0]
    assert api.create("clientes")["id"] == SERVER_IDS[1]


def test_files_of_clientes_can_not_enter_the_range(api: Api, imports: Imports) -> None:
    known = api.create("clientes", nome="Ana")["id"]
    rows = [f"{number};Bia;;\n" for number in (known, known + 10, LARGEST, LARGEST + 1, 10**18 - 1, 2**63, known)]
    row = imports.run("id_cliente;nome;email;telefone\n" + "".join(rows), kind="clientes")
    assert counts(row) == {"read": 7, "inserted": 1, "updated": 1, "superseded": 1, "rejected": 4}
    assert [(number, column, code) for number, column, code, _ in imports.rejections(row["id"])] == [
        (number, "id_cliente", "invalid_id") for number in (3, 5, 6, 7)
    ]
    assert api.ids("clientes") == [LARGEST, known]
    assert api.create("clientes")["id"] == SERVER_IDS[1]


@pytest.mark.parametrize("wrong", [FIRST, FIRST + 1, FIRST + 11, LAST, LAST + 1, 10**18 - 1, 2**63 - 1, 2**63])
def test_requests_can_not_enter_the_range(api: Api, wrong: int) -> None:
    path = f"{URL}/{api.create(id=LARGEST, id_cliente=LARGEST)['id']}"
    assert api.create("clientes", id=LARGEST - 1)["id"] == LARGEST - 1
    sentence = f"from 1 to {LARGEST}"
    sent = [("POST", "clientes", {"id": wrong}), ("POST", URL, {**RECORD, "id": wrong})]
    for method, where, body in sent:
        assert sentence in str(refused(api(method, where, body), 422, "id")["errors"])
    for method, where, body in (
        ("POST", URL, {**RECORD, "id_cliente": wrong}),
        ("PATCH", path, {"id_cliente": wrong}),
        ("PUT", path, {**RECORD, "id_cliente": wrong}),
    ):
        assert sentence in str(refused(api(method, where, body), 422, "id_cliente")["errors"])
    data = [RECORD, {**RECORD, "id": wrong}, {**RECORD, "id_cliente": wrong}]
    refused(api("POST", f"{URL}/bulk", {"data": data}), 422, "data.1.id", "data.2.id_cliente")
    assert api.ids() == [LARGEST]
    assert api.ids("clientes") == [LARGEST - 1, LARGEST]
    refused(api("POST", "clientes", {"id": api.create("clientes")["id"]}), 409, "id")
    refused(api("POST", URL, {**RECORD, "id": api.create()["id"]}), 409, "id")


def test_nothing_moves_the_range_and_no_file_meets_a_record_made_here(
    api: Api, imports: Imports, auth_headers: dict[str, str]
) -> None:
    made = [api.create()]
    imports.run(HEADER + line(1) + line(2))
    made.append(api.create())
    loaded = imports.run(HEADER + line(LARGEST) + line(3) + line(LARGEST, visit="-"))
    made.append(api.create())
    api.create(id=LARGEST - 1)
    made.append(api.create())
    assert api("POST", f"imports/{loaded['id']}/undo").status_code == 200
    made.append(api.create())
    assert [each["id"] for each in made] == SERVER_IDS[:5]
    imports.run(HEADER + "".join(line(number, visit="-") for number in range(1, 500)))
    assert [api.get(f"{URL}/{each['id']}") for each in made] == made


def test_a_first_load_leaves_the_range_alone(api: Api, imports: Imports) -> None:
    imports.run(HEADER + line(1) + line(700) + line(1, visit="-"))
    assert [api.create()["id"] for _ in range(2)] == SERVER_IDS[:2]
    default = "insert into atendimento (id_cliente, angel_id, polo_id, data_limite, status)"
    row = imports.connection.execute(
        f"{default} select id_cliente, angel_id, polo_id, data_limite, 'pending' from atendimento limit 1 returning id"
    ).fetchone()
    assert row == (SERVER_IDS[2],)


def test_what_is_stored_from_before_opens_changes_and_is_imported(api: Api, imports: Imports, old: list[int]) -> None:
    assert api.ids() == api.ids("clientes") == old
    for number in old:
        path = f"{URL}/{number}"
        record = api.get(path)
        assert api.ids(id=number) == api.ids(id_cliente=number) == api.ids("clientes", id=number) == [number]
        works_with_its_own_id(api, URL, record, "data_de_atendimento", "2021-06-29T10:00:00")
        works_with_its_own_id(api, "clientes", api.get(f"clientes/{number}"), "nome", "Ana")
        assert api("DELETE", path).status_code == 204
    assert counts(imports.run(HEADER + "".join(line(number, number) for number in old))) == {"read": 5, "updated": 5}
    for path, kind in ((URL, "atendimentos"), ("clientes", "clientes")):
        assert counts(imports.run(export(api, path), kind=kind)) == {"read": 5, "unchanged": 5}
    assert api.create(id_cliente=old[-1])["id"] == SERVER_IDS[0]
    assert api.create("clientes")["id"] == SERVER_IDS[0]
    refused(api("GET", f"{URL}/{2**63}"), 404)


def test_ids_that_are_taken_are_skipped(api: Api, records: Records) -> None:
    api.create()
    for table in ("atendimento", "cliente"):
        records.execute(f"select setval('{table}_server_id_seq', %s, false)", [SERVER_IDS[0]])
    records.execute("insert into cliente (id) select unnest(%s::bigint[])", [SERVER_IDS[:20]])
    records.execute(
        "insert into atendimento (id, id_cliente, angel_id, polo_id, data_limite, status)"
        " select each, id_cliente, angel_id, polo_id, data_limite, 'pending'"
        " from atendimento, unnest(%s::bigint[]) as each",
        [SERVER_IDS[1:20]],
    )
    assert api.create()["id"] > SERVER_IDS[19]
    assert len(api("POST", f"{URL}/bulk", {"data": [RECORD] * 3}).get_json()["data"]) == 3
    assert api.create("clientes")["id"] == SERVER_IDS[20]
    assert len(api.ids()) == 24


def test_an_upload_tells_of_such_an_id_what_to_do(api: Api, imports: Imports) -> None:
    body = {"file": (io.BytesIO((HEADER + line(FIRST)).encode()), "x.csv")}
    sent = api.client.post("/api/v1/imports", data=body, headers=api.token, query_string={"kind": "atendimentos"})
    imports.run_queued(sent.get_json()["id"])
    [found] = api.get(f"imports/{sent.get_json()['id']}/rejections")["data"]
    assert found["reason"] == (
        "id_atendimento must be an integer from 1 to 8999999999999999, or one that the server gave: "
        "9000000000000000 is none."
    )


@pytest.mark.parametrize("place", [0, 1, 2])
def test_the_servers_id_that_meets_one_given_in_the_same_list_is_told(api: Api, app: Any, place: int) -> None:
    """No door lets such a list in; the statement returns only what was inserted all the same."""
    following = api.create()["id"] + 10
    row = {"id": None, **RECORD, "data_limite": "2021-06-30T23:59:59", "status": "done"}
    rows = [row | ({"id": following} if number == place else {}) for number in range(3)]
    with app.test_request_context(), unit_of_work() as connection:
        added = atendimentos.add(connection, rows, zone_name(), actor())
        assert len({each["id"] for each in added}) == len(added) == 2
        connection.rollback()


def test_angels_and_polos_are_never_given_the_id_of_one_that_was_deleted(api: Api, imports: Imports) -> None:
    for path in ("angels", "polos"):
        gone = [api.create(path, nome=nome)["id"] for nome in ("SP - A", "SP - B")][-1]
        assert api("DELETE", f"{path}/{gone}").status_code == 204
    imports.run(HEADER + line(1))
    assert api.ids("angels") == api.ids("polos") == [1, 3]
    assert api.create("angels", nome="Ana")["id"] == 4
