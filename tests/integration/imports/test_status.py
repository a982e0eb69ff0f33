"""A column `status` in a file: by each way of loading, over stored records, undone, in no indicator if cancelled."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from src.ingest import seen as seen_module
from src.repositories.verify import fetch_differences
from src.services import insert_records
from tests.integration.imports.conftest import HEADER, Imports, counts
from tests.oracle import day_of, read_bytes

WITH_STATUS = HEADER.replace("\n", ";status\n")
DONE = "1;10;Ana;SP - SANTOS;30/06/2021;29/06/2021 12:57:19"
PENDING = "2;20;Bia;SP - SANTOS;30/06/2021;-"


def file(*rows: str) -> str:
    return WITH_STATUS + "".join(f"{row}\n" for row in rows)


def statuses(imports: Imports) -> dict[int, str]:
    return {row[0]: row[6] for row in imports.dump()["atendimento"]}


def assert_verified(imports: Imports) -> None:
    with imports.connection.cursor() as cursor:
        assert [fetch_differences(cursor, group, 5) for group in ("angel", "polo")] == [(0, [])] * 2


@pytest.fixture(params=["straight", "staged", "at once"])
def way(request: pytest.FixtureRequest, imports: Imports, monkeypatch: pytest.MonkeyPatch) -> str:
    """Load into the empty table, or by way of staging: one by one, or all new records at once."""
    if request.param != "straight":
        imports.run(HEADER + "900000;90;Zoe;RJ - NITEROI;30/06/2021;29/06/2021\n")
    if request.param == "at once":
        monkeypatch.setattr(insert_records, "MIN_NEW", 1)
    return str(request.param)


def test_each_status_is_stored_and_what_contradicts_is_rejected(imports: Imports, way: str) -> None:
    row = imports.run(
        file(
            f"{DONE};done",
            f"{PENDING};pending",
            f"{DONE.replace('1;', '3;', 1)};cancelled",
            f"{PENDING.replace('2;', '4;', 1)};cancelled",
            f"{DONE.replace('1;', '5;', 1)};",
            f"{PENDING.replace('2;', '6;', 1)}; ",
            f"{DONE.replace('1;', '7;', 1)};pending",
            f"{PENDING.replace('2;', '8;', 1)};done",
            f"{DONE.replace('1;', '9;', 1)};concluído",
        )
    )
    assert counts(row) == {"read": 9, "inserted": 6, "rejected": 3}
    assert [found[:3] for found in imports.rejections(row["id"])] == [
        (8, "status", "status_contradicts_visit"),
        (9, "status", "status_contradicts_visit"),
        (10, "status", "invalid_status"),
    ]
    expected = {1: "done", 2: "pending", 3: "cancelled", 4: "cancelled", 5: "done", 6: "pending"}
    assert {number: status for number, status in statuses(imports).items() if number < 900} == expected
    # 1 and 5 are attended; 3 has a visit and is cancelled.
    assert [found[2] for found in imports.dump()["angel_day"] if found[1] == "Ana"] == [2]
    assert_verified(imports)


@pytest.mark.parametrize(
    ("first", "last", "status"),
    [("cancelled", "done", "done"), ("done", "cancelled", "cancelled"), ("cancelled", "", "done"), ("", "", "done")],
)
def test_of_two_rows_with_one_id_the_last_line_says_the_status(
    imports: Imports, way: str, first: str, last: str, status: str
) -> None:
    row = imports.run(file(f"{DONE};{first}", f"{PENDING};pending", f"{DONE};{last}"))
    assert counts(row) == {"read": 3, "inserted": 2, "superseded": 1}
    assert statuses(imports)[1] == status
    assert len([found for found in imports.dump()["angel_day"] if found[1] == "Ana"]) == (status == "done")
    assert_verified(imports)


@pytest.mark.parametrize(
    ("stored", "said", "status", "outcome"),
    [
        ("done", "cancelled", "cancelled", "updated"),
        ("cancelled", "done", "done", "updated"),
        ("cancelled", "cancelled", "cancelled", "unchanged"),
        ("cancelled", "", "cancelled", "unchanged"),
        ("done", "", "done", "unchanged"),
        ("done", "done", "done", "unchanged"),
    ],
)
def test_a_status_alone_that_differs_is_an_update_that_can_be_undone(
    imports: Imports,
    client: FlaskClient,
    auth_headers: dict[str, str],
    stored: str,
    said: str,
    status: str,
    outcome: str,
) -> None:
    imports.run(file(f"{DONE};{stored}"))
    before = imports.dump()
    row = imports.run(file(f"{DONE};{said}"))
    assert counts(row) == {"read": 1, outcome: 1}
    assert statuses(imports) == {1: status}
    assert_verified(imports)
    assert client.post(f"/api/v1/imports/{row['id']}/undo", headers=auth_headers).status_code == 200
    assert imports.dump() == before
    assert_verified(imports)


def test_a_file_without_the_column_leaves_a_cancelled_record_cancelled_until_its_visit_changes(
    imports: Imports, lines: Callable[..., str]
) -> None:
    imports.run(file(f"{DONE};cancelled", f"{PENDING};cancelled"))
    row = imports.run(lines(DONE.replace("30/06", "02/07"), PENDING))
    assert counts(row) == {"read": 2, "updated": 1, "unchanged": 1}
    assert statuses(imports) == {1: "cancelled", 2: "cancelled"}
    imports.run(lines(DONE.replace("12:57", "13:00"), PENDING.replace(";-", ";30/06/2021")))
    assert statuses(imports) == {1: "done", 2: "done"}
    assert_verified(imports)


def test_mode_insert_and_a_dry_run_take_the_status_too(imports: Imports, way: str) -> None:
    assert counts(imports.run(file(f"{DONE};cancelled"), dry_run=True)) == {"read": 1, "inserted": 1}
    imports.run(file(f"{DONE};cancelled"), mode="insert")
    assert statuses(imports)[1] == "cancelled"
    assert counts(imports.run(file(f"{DONE};done"), mode="insert")) == {"read": 1, "unchanged": 1}
    assert statuses(imports)[1] == "cancelled"


def test_an_export_with_every_status_is_all_unchanged_and_loads_the_same_into_an_empty_table(
    imports: Imports, client: FlaskClient, auth_headers: dict[str, str]
) -> None:
    imports.run(
        file(
            f"{DONE};done",
            f"{PENDING};pending",
            f"{DONE.replace('1;', '3;', 1)};cancelled",
            f"{PENDING.replace('2;', '4;', 1)};cancelled",
        )
    )
    before = imports.dump()
    export = client.get("/api/v1/atendimento?format=csv", headers=auth_headers).data.decode()
    assert counts(imports.run(export)) == {"read": 4, "unchanged": 4}
    assert imports.dump() == before
    imports.truncate()
    assert counts(imports.run(export)) == {"read": 4, "inserted": 4}
    assert imports.dump() == before
    assert_verified(imports)


def random_file(source: random.Random, rows: int) -> str:
    made = []
    for _ in range(rows):
        visit = source.choice(["-", f"{source.randint(1, 28):02}/06/2021", "20/06/2021 10:00"])
        status = source.choice(["", "done", "pending", "cancelled", "cancelled", "x"])
        angel, polo = source.choice(["Ana", "Bia"]), source.choice(["SP - SANTOS", "BA - ILHEUS"])
        made.append(f"{source.randint(1, rows // 2)};{source.randint(1, 9)};{angel};{polo};20/06/2021;{visit};{status}")
    return file(*made)


@pytest.mark.parametrize("seed", range(4))
def test_every_way_stores_and_counts_what_an_independent_reader_finds(
    imports: Imports, way: str, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    text = random_file(random.Random(seed), 120)
    expected = read_bytes(text.encode())
    row = imports.run(text)
    assert (row["rows_rejected"], row["rows_superseded"]) == (expected.rejected, expected.superseded)
    assert {i: s for i, s in statuses(imports).items() if i < 900} == {
        r.id: r.status for r in expected.records.values()
    }
    by_day: dict[Any, int] = {}
    for record in expected.records.values():
        if record.attended:
            by_day[day_of(record), record.angel] = by_day.get((day_of(record), record.angel), 0) + 1
    assert {(r[0], r[1]): r[2] for r in imports.dump()["angel_day"] if r[1] != "Zoe"} == by_day
    assert_verified(imports)


def test_a_first_load_with_more_repeats_than_it_can_remember_takes_the_status_too(
    imports: Imports, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = random_file(random.Random(7), 200)
    imports.run(text)
    straight = imports.dump()
    imports.truncate()
    monkeypatch.setattr(seen_module, "MAPPED_IDS", 1)
    monkeypatch.setattr(seen_module, "LISTED_IDS", 1)
    row = imports.run(text)
    assert "stage" in row["timings"]
    assert imports.dump() == straight
