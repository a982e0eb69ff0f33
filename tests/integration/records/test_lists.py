"""Lists of atendimentos: filters, order, pages, files."""

from __future__ import annotations

import csv
import io
import random
from typing import Any

import orjson
import pytest

from tests.integration.indicators.records import ANA, BIA, SAMPA, Records
from tests.integration.records.conftest import RECORD, Api, refused

ORDERS = ["id", "id_cliente", "angel", "polo", "data_limite", "data_de_atendimento", "status", "created_at"]


@pytest.fixture
def five(records: Records) -> None:
    """1: on time. 2: late, of Bia. 3: overdue. 4: pending for long yet, of the other polo. 5: cancelled. 6: deleted."""
    records.add("2021-06-01 10:00:00", deadline="2021-06-01 23:59:59")
    records.add("2021-06-03 00:00:00", deadline="2021-06-02 12:00:00", angel=BIA)
    records.add(None, deadline="2021-06-02 23:59:59")
    records.add(None, deadline="2098-06-02 23:59:59", polo=SAMPA)
    records.add(None, deadline="2021-06-02 23:59:59", status="cancelled")
    records.add(deleted=True)


@pytest.fixture
def many(records: Records) -> list[int]:
    """Forty records with ties and nulls in everything."""
    draw = random.Random(7)
    for _ in range(40):
        day = draw.randint(1, 5)
        visit = draw.choice([None, f"2021-06-0{day} 10:00:00", "2021-06-02 00:00:00"])
        records.add(visit, deadline=f"2021-06-0{draw.randint(1, 4)} 12:00:00", angel=draw.choice([ANA, BIA, "Élio"]))
    return list(range(1, 41))


@pytest.mark.parametrize(
    ("parameters", "found"),
    [
        ({}, [1, 2, 3, 4, 5]),
        ({"id": 2}, [2]),
        ({"id": 2**63 - 1}, []),
        ({"id_cliente": 1}, [1, 2, 3, 4, 5]),
        ({"id_cliente": 2}, []),
        ({"angel": f"  {BIA} "}, [2]),
        ({"angel": "nobody"}, []),
        ({"polo": SAMPA}, [4]),
        ({"status": "done"}, [1, 2]),
        ({"status": "cancelled"}, [5]),
        ({"data_limite": "2021-06-02"}, [2, 3, 5]),
        ({"data_limite": "2021-06-02T12:00:00"}, [2]),
        ({"data_de_atendimento": "2021-06-03"}, [2]),
        ({"data_de_atendimento": "2021-06-01T10:00:00"}, [1]),
        ({"data_de_atendimento": "2021-06-01T13:00:00Z"}, [1]),
        ({"data_de_atendimento": "2021-06-01T10:00:01"}, []),
        ({"start_date": "2021-06-02"}, [2]),
        ({"end_date": "2021-06-03"}, [1, 2]),
        ({"start_date": "2021-06-01", "end_date": "2021-06-02"}, [1]),
        ({"start_date": "0001-01-01", "end_date": "9999-12-31"}, [1, 2]),
        ({"on_time": "true"}, [1]),
        ({"on_time": "false"}, [2]),
        ({"overdue": "true"}, [3]),
        ({"overdue": "false"}, [1, 2, 4, 5]),
        ({"import_id": 1}, []),
        ({"angel": ANA, "status": "pending", "overdue": "true"}, [3]),
    ],
)
@pytest.mark.usefixtures("five")
def test_a_filter_leaves_what_it_says(api: Api, parameters: dict[str, Any], found: list[int]) -> None:
    assert api.ids(**parameters) == found


@pytest.mark.usefixtures("five")
def test_a_row_of_a_list_is_the_record(api: Api) -> None:
    assert api.get("atendimento", id=2)["data"] == [api.get("atendimento/2")]


@pytest.mark.parametrize("name", ORDERS)
@pytest.mark.parametrize("sign", ["", "-"])
def test_pages_lead_through_any_order_and_back(api: Api, many: list[int], name: str, sign: str) -> None:
    whole = api.ids(order_by=sign + name, limit=1000)
    assert sorted(whole) == many
    pages, url = [], f"/api/v1/atendimento?order_by={sign}{name}&limit=7"
    while url:
        pages.append(api.get(url))
        url = pages[-1]["next"]
    assert [row["id"] for page in pages for row in page["data"]] == whole
    back = pages[-1]
    for page in reversed(pages[:-1]):
        back = api.get(back["prev"])
        assert back["data"] == page["data"]
    assert back["prev"] is None


def test_the_order_is_that_of_the_values_ties_by_id(api: Api, many: list[int]) -> None:
    rows = api.get("atendimento", order_by="-data_limite", limit=50)["data"]
    assert rows == sorted(rows, key=lambda row: (row["data_limite"], row["id"]), reverse=True)
    rows = api.get("atendimento", order_by="data_de_atendimento", limit=50)["data"]
    assert rows == sorted(rows, key=lambda row: (row["data_de_atendimento"] or "9", row["id"]))
    assert rows[-1]["data_de_atendimento"] is None


@pytest.mark.parametrize(
    ("parameters", "found"),
    [
        ({"page": 1, "per_page": 3}, [1, 2, 3]),
        ({"page": 3, "per_page": 3}, [7, 8, 9]),
        ({"page": 14, "per_page": 3}, [40]),
        ({"page": 15, "per_page": 3}, []),
        ({"limit": 2, "offset": 5}, [6, 7]),
        ({"per_page": 2, "offset": 39}, [40]),
        ({"page": 2}, []),
        ({"page": 2, "limit": 38, "order_by": "-id"}, [2, 1]),
        ({"page": 2**31 - 1, "per_page": 1000}, []),
    ],
)
def test_pages_by_number_and_by_offset_are_understood(
    api: Api, many: list[int], parameters: dict[str, Any], found: list[int]
) -> None:
    assert api.ids(**parameters) == found


def test_beside_a_numbered_page_are_pages_with_cursors(api: Api, many: list[int]) -> None:
    page = api.get("atendimento", page=2, per_page=10)
    assert api.ids(page["next"]) == list(range(21, 31))
    assert api.ids(page["prev"]) == list(range(1, 11))
    assert "page=" not in page["next"].replace("per_page=", "")
    assert api.get("atendimento", page=1, per_page=10)["prev"] is None


def test_rows_that_arrive_are_neither_skipped_nor_doubled(api: Api, records: Records, many: list[int]) -> None:
    first = api.get("atendimento", order_by="data_limite", limit=20)
    records.add(deadline="2021-05-01 00:00:00")
    rest = api.get(first["next"])
    assert sorted(row["id"] for page in (first, rest) for row in page["data"]) == many


def test_neighbours_are_in_the_link_header_too(api: Api, many: list[int]) -> None:
    response = api("GET", "atendimento", page=2, per_page=10)
    body = response.get_json()
    assert response.headers.getlist("Link") == [f'<{body["next"]}>; rel="next"', f'<{body["prev"]}>; rel="prev"']


@pytest.mark.parametrize(
    ("parameters", "status", "field"),
    [
        ({"order_by": "nome"}, 400, "order_by"),
        ({"order_by": "--id"}, 400, "order_by"),
        ({"order_by": "nome", "format": "csv"}, 400, "order_by"),
        ({"sort": "id"}, 400, "sort"),
        ({"limit": 0}, 422, "limit"),
        ({"limit": 1001}, 422, "limit"),
        ({"page": 0}, 422, "page"),
        ({"offset": -1}, 422, "offset"),
        ({"status": "late"}, 422, "status"),
        ({"id": "x"}, 422, "id"),
        ({"id": 2**63}, 422, "id"),
        ({"angel": ""}, 400, "angel"),
        ({"data_limite": "yesterday"}, 422, "data_limite"),
        ({"start_date": "2021-06-02", "end_date": "2021-06-01"}, 422, "end_date"),
        ({"on_time": "x"}, 422, "on_time"),
        ({"format": "xml"}, 422, "format"),
        ({"limit": 5, "per_page": 3}, 422, "per_page"),
        ({"page": 2, "offset": 3}, 422, "offset"),
        ({"cursor": "PjE=", "page": 1}, 422, "page"),
        ({"cursor": "x"}, 422, "cursor"),
        ({"cursor": "PjF8YW5nZWx8QW5h", "format": "csv"}, 422, "cursor"),
        ({"cursor": "PjF8ZGF0YV9saW1pdGV8eA==", "order_by": "data_limite", "format": "ndjson"}, 422, "cursor"),
        ({"cursor": "PjF8YW5nZWx8QW5h"}, 422, "cursor"),  # >1|angel|Ana, for a list by id
        ({"cursor": "PjF8ZGF0YV9saW1pdGV8eA==", "order_by": "data_limite"}, 422, "cursor"),  # >1|data_limite|x
    ],
)
def test_wrong_parameters_are_told_by_field(api: Api, parameters: dict[str, Any], status: int, field: str) -> None:
    problem = refused(api("GET", "atendimento", **parameters), status, field)
    if field == "order_by":
        assert "data_limite" in problem["detail"]


def test_a_parameter_that_is_given_twice_is_refused(api: Api) -> None:
    problem = refused(api("GET", "/api/v1/atendimento?limit=1&limit=2&status=done"), 400, "limit")
    assert problem["detail"] == "Given more than once: limit."


@pytest.mark.parametrize("name", ORDERS)
@pytest.mark.parametrize("sign", ["", "-"])
def test_pages_by_offset_are_pieces_of_the_list(api: Api, many: list[int], name: str, sign: str) -> None:
    whole = api.ids(order_by=sign + name)
    assert sorted(whole) == sorted(many)
    pieces = [api.ids(order_by=sign + name, limit=3, offset=offset) for offset in range(0, len(whole) + 3, 3)]
    assert [found for piece in pieces for found in piece] == whole
    for angel in {found["angel"] for found in api.get("atendimento")["data"]}:
        filtered = api.ids(order_by=sign + name, angel=angel)
        assert filtered == [found for found in whole if found in filtered]
        assert api.ids(order_by=sign + name, angel=angel, limit=2, offset=1) == filtered[1:3]


def test_a_file_has_all_rows_in_order(api: Api, many: list[int]) -> None:
    response = api("GET", "atendimento", format="csv", order_by="-id", status="pending")
    assert response.content_type == "text/csv; charset=utf-8"
    assert response.headers["Content-Disposition"] == 'attachment; filename="atendimento.csv"'
    rows = list(csv.DictReader(io.StringIO(response.text, newline="")))
    listed = api.get("atendimento", order_by="-id", status="pending")["data"]
    assert [int(row["id"]) for row in rows] == [row["id"] for row in listed]
    assert rows[0] == {name: "" if value is None else str(value) for name, value in listed[0].items()}


def test_ndjson_has_the_records_a_line_each(api: Api, many: list[int]) -> None:
    response = api("GET", "atendimento", format="ndjson")
    assert response.content_type == "application/x-ndjson"
    rows = [orjson.loads(line) for line in response.data.splitlines()]
    assert rows == api.get("atendimento", limit=1000)["data"]
    assert len(api("GET", "atendimento", format="ndjson", limit=3).data.splitlines()) == 3
    assert len(api("GET", "atendimento", format="ndjson", offset=30).data.splitlines()) == 10


def test_a_file_begins_at_a_cursor(api: Api, many: list[int]) -> None:
    page = api.get("atendimento", limit=10, page=2)
    for url, found in ((page["next"], many[20:]), (page["prev"], many[:10])):
        response = api("GET", url.replace("limit=10&", "") + "&format=ndjson")
        assert [orjson.loads(line)["id"] for line in response.data.splitlines()] == found


def test_a_file_without_rows_has_a_header(api: Api) -> None:
    assert api("GET", "atendimento", format="csv").text.startswith("id,id_cliente,angel,polo,")
    assert api("GET", "atendimento", format="ndjson").data == b""


def test_a_spreadsheet_runs_nothing(api: Api) -> None:
    api.create(angel='=HYPERLINK("http://x")', polo="@SUM(1)")
    text = api("GET", "atendimento", format="csv").text
    assert "'=HYPERLINK" in text
    assert ",'@SUM(1)," in text
    assert ",true," in text


def test_the_older_address_pages_at_the_older_address(api: Api, many: list[int]) -> None:
    first = api.get("/v1/services", limit=30)
    assert first["next"].startswith("http://localhost/v1/services?")
    assert api.ids(first["next"]) == list(range(31, 41))


def test_records_of_an_import_are_found_by_it(api: Api, records: Records) -> None:
    made = api.create()["id"]
    row = records.execute(
        "insert into import (kind, mode, dry_run, force, sha256, size_bytes, storage_key)"
        " values ('atendimentos', 'upsert', false, false, 'x', 1, 'x') returning id"
    ).fetchone()
    records.execute("update atendimento set import_id = %s", row)
    assert api.ids(import_id=row[0]) == [made]
    assert api.get(f"atendimento/{made}")["import_id"] == row[0]
    assert RECORD["angel"] == api.get("atendimento", import_id=row[0])["data"][0]["angel"]
