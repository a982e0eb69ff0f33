"""One atendimento: registered, shown, changed, deleted."""

from __future__ import annotations

from typing import Any

import pytest

from src.services.verify import verify_rollups
from tests.integration.indicators.records import Records
from tests.integration.records.conftest import RECORD, SERVER_IDS, Api, refused

URL = "atendimento"


@pytest.fixture(autouse=True)
def exact(app: Any) -> Any:
    """When the test ends, every rollup must be exact."""
    yield
    with app.app_context():
        assert verify_rollups().count == 0


def test_a_record_is_registered_and_found_at_its_location(api: Api) -> None:
    response = api("POST", URL, RECORD)
    assert response.status_code == 201
    record = response.get_json()
    assert {name: record[name] for name in RECORD} == {**RECORD, "data_limite": "2021-06-30T23:59:59"}
    assert (record["id"], record["status"], record["on_time"], record["import_id"]) == (
        SERVER_IDS[0],
        "done",
        True,
        None,
    )
    assert list(record) == [
        "id", "id_cliente", "angel", "polo", "data_limite", "data_de_atendimento", "status", "on_time", "import_id",
        "created_at", "updated_at",
    ]  # fmt: skip
    assert len(record["created_at"]) == 19
    shown = api("GET", response.headers["Location"])
    assert shown.get_json() == record
    assert shown.headers["ETag"] == response.headers["ETag"]


def test_cliente_angel_and_polo_are_made_once_and_compared_by_single_spaces(api: Api, records: Records) -> None:
    api.create()
    api.create(angel="  Gabriel  Pereira\tBandoli ")
    for table in ("cliente", "angel", "polo"):
        assert records.execute(f"select count(*) from {table}").fetchone() == (1,)


@pytest.mark.parametrize(
    ("fields", "stored"),
    [
        ({"data_limite": "2021-06-30T10:00:00Z"}, ("2021-06-30T07:00:00", "2021-06-29T12:57:19")),
        ({"data_limite": "2021-06-30 10:00"}, ("2021-06-30T10:00:00", "2021-06-29T12:57:19")),
        ({"data_de_atendimento": "2021-06-29"}, ("2021-06-30T23:59:59", "2021-06-29T00:00:00")),
        ({"data_de_atendimento": "2021-06-29T12:00:00-04:00"}, ("2021-06-30T23:59:59", "2021-06-29T13:00:00")),
        ({"data_de_atendimento": None}, ("2021-06-30T23:59:59", None)),
        ({"data_de_atendimento": "-"}, ("2021-06-30T23:59:59", None)),
    ],
)
def test_times_are_kept_local(api: Api, fields: dict[str, Any], stored: tuple[str, str | None]) -> None:
    record = api.create(**fields)
    assert (record["data_limite"], record["data_de_atendimento"]) == stored


@pytest.mark.parametrize(
    ("visit", "said", "status", "on_time"),
    [
        ("2021-06-30T23:59:59", None, "done", True),
        ("2021-07-01T00:00:00", "done", "done", False),
        (None, None, "pending", None),
        (None, "pending", "pending", None),
        (None, "cancelled", "cancelled", None),
        ("2021-06-30", "cancelled", "cancelled", None),
    ],
)
def test_the_status_follows_the_visit_unless_it_is_said(
    api: Api, visit: str | None, said: str | None, status: str, on_time: bool | None
) -> None:
    record = api.create(data_de_atendimento=visit, **({"status": said} if said else {}))
    assert (record["status"], record["on_time"]) == (status, on_time)


@pytest.mark.parametrize("fields", [{"status": "done", "data_de_atendimento": None}, {"status": "pending"}])
def test_a_status_that_contradicts_the_visit_is_refused(api: Api, fields: dict[str, Any]) -> None:
    refused(api("POST", URL, RECORD | fields), 422, "status")
    record = api.create(data_de_atendimento=fields.get("data_de_atendimento", RECORD["data_de_atendimento"]))
    refused(api("PATCH", f"{URL}/{record['id']}", {"status": fields["status"]}), 422, "status")


@pytest.mark.parametrize(
    ("fields", "names"),
    [
        ({"angel": " "}, ["angel"]),
        ({"polo": "x" * 201}, ["polo"]),
        ({"polo": "a\0b"}, ["polo"]),
        ({"angel": None}, ["angel"]),
        ({"id_cliente": 0}, ["id_cliente"]),
        ({"id_cliente": True}, ["id_cliente"]),
        ({"id_cliente": 1.5}, ["id_cliente"]),
        ({"id_cliente": 10**18}, ["id_cliente"]),
        ({"id": -1}, ["id"]),
        ({"data_limite": "06/30/2021"}, ["data_limite"]),
        ({"data_limite": None}, ["data_limite"]),
        ({"data_limite": ""}, ["data_limite"]),
        ({"data_de_atendimento": "x", "status": "late"}, ["data_de_atendimento", "status"]),
        ({"on_time": True, "nome": "x"}, ["on_time", "nome"]),
    ],
)
def test_wrong_and_unknown_fields_are_named(api: Api, fields: dict[str, Any], names: list[str]) -> None:
    refused(api("POST", URL, RECORD | fields), 422, *names)
    assert api.get(f"{URL}/total") == {"total": 0}


@pytest.mark.parametrize(
    ("fields", "limit"),
    [
        ({"id": 9 * 10**15}, "from 1 to 8999999999999999"),
        ({"id": 10**18}, "from 1 to 8999999999999999"),
        ({"id": 2**63}, "from 1 to 8999999999999999"),
        ({"id_cliente": 9 * 10**15 + 1}, "from 1 to 8999999999999999"),
        ({"id_cliente": "x"}, "from 1 to 8999999999999999"),
        ({"id_cliente": "1_000"}, "from 1 to 8999999999999999"),
        ({"angel": "x" * 201}, "more than 200 characters"),
        ({"data_limite": "2100-01-01"}, "more than 10 years from now"),
        ({"data_de_atendimento": "1899-12-31"}, "before 2000-01-01"),
    ],
)
def test_a_refusal_names_the_limit(api: Api, fields: dict[str, Any], limit: str) -> None:
    [name] = fields
    problem = refused(api("POST", URL, RECORD | fields), 422, name)
    assert limit in problem["errors"][name][0]


def test_names_are_taken_and_found_without_what_can_not_be_seen(api: Api) -> None:
    record = api.create(angel="\ufeffAna\u200b  Lima\x07")
    assert record["angel"] == "Ana Lima"
    assert api.ids(angel="Ana\u00ad Lima") == [record["id"]]


def test_missing_fields_are_named(api: Api) -> None:
    refused(api("POST", URL, {}), 422, "id_cliente", "angel", "polo", "data_limite")
    refused(api("POST", URL, [RECORD]), 422, "body")


def test_an_id_given_is_kept_and_a_taken_one_refused(api: Api) -> None:
    assert api.create(id=70)["id"] == 70
    assert api.create(id_atendimento=80)["id"] == 80
    refused(api("POST", URL, {**RECORD, "id": 70}), 409, "id")
    api("DELETE", f"{URL}/80")
    refused(api("POST", URL, {**RECORD, "id": 80}), 409, "id")


def test_a_part_of_a_record_is_changed(api: Api) -> None:
    record = api.create()
    changed = api("PATCH", f"{URL}/{record['id']}", {"angel": "Ana", "data_de_atendimento": "2021-07-02"}).get_json()
    expected = {"angel": "Ana", "data_de_atendimento": "2021-07-02T00:00:00", "on_time": False}
    assert changed | {"updated_at": None} == record | expected | {"updated_at": None}
    assert api.get(f"{URL}/{record['id']}") == changed


def test_a_cancelled_record_stays_so_until_its_visit_changes(api: Api) -> None:
    path = f"{URL}/{api.create(status='cancelled')['id']}"
    assert api("PATCH", path, {"angel": "Ana"}).get_json()["status"] == "cancelled"
    assert api("PATCH", path, {"data_de_atendimento": "2021-06-01"}).get_json()["status"] == "done"
    assert api("PATCH", path, {"data_de_atendimento": None}).get_json()["status"] == "pending"


def test_a_whole_record_is_replaced(api: Api) -> None:
    path = f"{URL}/{api.create(status='cancelled')['id']}"
    whole = {"id_cliente": 7, "angel": "Ana", "polo": "SP - SAO PAULO", "data_limite": "2021-06-10T12:00:00"}
    replaced = api("PUT", path, whole).get_json()
    assert {name: replaced[name] for name in whole} == whole
    assert (replaced["data_de_atendimento"], replaced["status"]) == (None, "pending")


def test_a_visit_alone_is_put_as_older_clients_do(api: Api) -> None:
    record = api.create(data_de_atendimento=None)
    put = api("PUT", f"{URL}/{record['id']}", {"data_limite": "2021-06-28", "data_de_atendimento": "2021-06-29"})
    assert put.status_code == 200
    kept = ("id", "id_cliente", "angel", "polo")
    assert {name: put.get_json()[name] for name in kept} == {name: record[name] for name in kept}
    assert (put.get_json()["status"], put.get_json()["on_time"]) == ("done", False)


def test_half_a_record_is_not_put(api: Api) -> None:
    path = f"{URL}/{api.create()['id']}"
    refused(api("PUT", path, {"angel": "Ana", "polo": "BA - ILHEUS"}), 422, "id_cliente", "data_limite")
    refused(api("PUT", path, {}), 422, "id_cliente", "angel", "polo", "data_limite")
    refused(api("PUT", path, {**RECORD, "id": 99}), 422, "id")


def test_a_deleted_record_is_gone_for_readers(api: Api, records: Records) -> None:
    path = f"{URL}/{api.create()['id']}"
    response = api("DELETE", path)
    assert (response.status_code, response.data) == (204, b"")
    for method, body in (("GET", None), ("PATCH", {}), ("PUT", RECORD), ("DELETE", None)):
        refused(api(method, path, body), 404)
    assert (api.ids(), api.get(f"{URL}/total")) == ([], {"total": 0})
    assert records.execute("select count(*) from atendimento where deleted_at is not null").fetchone() == (1,)


@pytest.mark.parametrize("atendimento_id", [1, 0, -1, 2**63 - 1, 2**63, "x", "%00"])
def test_no_such_record_is_a_404(api: Api, atendimento_id: Any) -> None:
    refused(api("GET", f"{URL}/{atendimento_id}"), 404)


def test_what_the_caller_has_is_not_sent_again(api: Api) -> None:
    path = f"{URL}/{api.create()['id']}"
    tag = api("GET", path).headers["ETag"]
    assert api("GET", path, headers={"If-None-Match": tag}).status_code == 304
    api("PATCH", path, {"angel": "Ana"})
    assert api("GET", path, headers={"If-None-Match": tag}).status_code == 200


@pytest.mark.parametrize(("method", "body"), [("PUT", RECORD), ("PATCH", {"angel": "Bia"}), ("DELETE", None)])
def test_what_has_changed_since_is_not_overwritten(api: Api, method: str, body: Any) -> None:
    path = f"{URL}/{api.create()['id']}"
    stale = api("GET", path).headers["ETag"]
    fresh = api("PATCH", path, {"angel": "Ana"}, headers={"If-Match": stale}).headers["ETag"]
    refused(api(method, path, body, headers={"If-Match": stale}), 412)
    assert api.get(path)["angel"] == "Ana"
    assert api(method, path, body, headers={"If-Match": f'"other", {fresh}'}).status_code in (200, 204)


def test_any_record_will_do_for_a_star(api: Api) -> None:
    path = f"{URL}/{api.create()['id']}"
    assert api("PATCH", path, {"angel": "Ana"}, headers={"If-Match": "*"}).status_code == 200


def test_readers_do_not_write(api: Api, headers_for: Any) -> None:
    path = f"{URL}/{api.create()['id']}"
    viewer = Api(api.client, headers_for("viewer"))
    assert viewer("GET", path).status_code == 200
    for method, where in (("POST", URL), ("POST", f"{URL}/bulk"), ("PUT", path), ("PATCH", path), ("DELETE", path)):
        assert viewer(method, where, {}).status_code == 403
        assert api.client.open(f"/api/v1/{where}", method=method, json={}).status_code == 401


def test_the_older_addresses_take_the_same(api: Api) -> None:
    response = api("POST", "/v1/services", {**RECORD, "id_atendimento": 5})
    assert response.headers["Location"] == "http://localhost/v1/services/5"
    assert api("PUT", "/v1/services/5", {"data_limite": "2021-06-01", "data_de_atendimento": None}).status_code == 200
    assert api.get("/v1/services", page=1, per_page=10, order_by="-id")["data"][0]["status"] == "pending"
    assert api("DELETE", "/v1/services/5").status_code == 204
