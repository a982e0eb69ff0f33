"""What the indicators understand and how they answer: parameters, order, pages, formats, ETags."""

from __future__ import annotations

import csv
import io
import zipfile
from datetime import date
from xml.etree import ElementTree

import orjson
import pytest
from flask.testing import FlaskClient

from tests.integration.indicators.conftest import Ask, Get
from tests.integration.indicators.records import ANA, BAHIA, BIA, CAIO, SAMPA, Records

INDICATORS = ["productivity", "sla/angel", "sla/polo"]
LATE, ON_TIME = "2021-06-03 10:00:00", "2021-06-01 10:00:00"


@pytest.fixture
def three_angels(records: Records) -> None:
    """Ana: 1 of 2 on time. Bia: 1 of 1. Caio: 2 of 3, on two days."""
    for angel, visits in ((CAIO, [ON_TIME, ON_TIME, LATE]), (ANA, [ON_TIME, LATE]), (BIA, [ON_TIME])):
        for visit in visits:
            records.add(visit, angel=angel)


@pytest.mark.parametrize(
    ("sort_field", "descending"),
    [
        ("total", [CAIO, ANA, BIA]),
        ("on_time", [CAIO, ANA, BIA]),
        ("late", [ANA, CAIO, BIA]),
        ("sla", [BIA, CAIO, ANA]),
        ("avg_margin_hours", [BIA, CAIO, ANA]),
        ("angel", [CAIO, BIA, ANA]),
        ("total_sla", [CAIO, ANA, BIA]),
        ("avg_time", [BIA, CAIO, ANA]),
    ],
)
@pytest.mark.usefixtures("three_angels")
def test_rows_come_in_the_order_asked_for_and_ties_by_name(ask: Ask, sort_field: str, descending: list[str]) -> None:
    assert [row["angel"] for row in ask("sla/angel", sort_field=sort_field)["data"]] == descending
    ascending = [row["angel"] for row in ask("sla/angel", sort_field=sort_field, desc="false")["data"]]
    ties = {"on_time": [ANA, BIA, CAIO], "total_sla": [ANA, BIA, CAIO], "late": [BIA, ANA, CAIO]}
    assert ascending == ties.get(sort_field, descending[::-1])


@pytest.mark.usefixtures("three_angels")
def test_the_highest_total_comes_first_unless_told_otherwise(ask: Ask) -> None:
    assert [row["total"] for row in ask("productivity")["data"]] == [3, 2, 1]
    assert [row["active_days"] for row in ask("productivity", sort_field="active_days")["data"]] == [2, 2, 1]


def test_where_all_are_null_the_order_is_that_of_the_names(records: Records, ask: Ask) -> None:
    for angel in (CAIO, ANA, BIA):
        records.add("2021-06-05 10:00:00", angel=angel)
    for desc in ("true", "false"):
        rows = ask("productivity", sort_field="productivity", desc=desc)["data"]
        assert [(row["angel"], row["productivity"]) for row in rows] == [(ANA, None), (BIA, None), (CAIO, None)]


@pytest.mark.usefixtures("three_angels")
def test_pages_lead_to_one_another_and_miss_nothing(ask: Ask, get: Get) -> None:
    answer = ask("sla/angel", limit=2, sort_field="angel", desc="false")
    assert (answer["count"], len(answer["data"]), answer["prev"]) == (3, 2, None)
    response = get(answer["next"])
    last = response.get_json()
    assert ([row["angel"] for row in last["data"]], last["count"], last["next"]) == ([CAIO], 3, None)
    assert response.headers["Link"] == f'<{last["prev"]}>; rel="prev"'
    assert get(last["prev"]).get_json()["data"] == answer["data"]


@pytest.mark.usefixtures("three_angels")
def test_a_page_beyond_the_last_is_empty_and_still_counts(ask: Ask) -> None:
    answer = ask("sla/angel", limit=2, offset=10)
    assert (answer["count"], answer["data"], answer["next"]) == (3, [], None)
    assert "offset=1" in answer["prev"]
    assert len(ask("sla/angel", limit=2, offset=1)["data"]) == 2
    nobody = ask("sla/angel", angel="nobody", offset=10)
    assert (nobody["count"], nobody["prev"]) == (0, None)


def test_json_has_a_hundred_rows_unless_told_otherwise_and_files_have_all(records: Records, ask: Ask, get: Get) -> None:
    records.execute("insert into cliente (id) values (1)")
    records.execute("insert into angel (nome) select 'Angel ' || i from generate_series(1, 120) as i")
    records.execute(
        "insert into atendimento (id_cliente, angel_id, polo_id, data_limite, data_de_atendimento, status)"
        " select 1, id, %s, '2021-06-01', '2021-06-01', 'done' from angel",
        (records.polo(BAHIA),),
    )
    assert (len(ask("productivity")["data"]), ask("productivity")["count"]) == (100, 120)
    assert len(get("indicators/productivity", format="csv").text.splitlines()) == 121
    assert len(get("indicators/productivity", format="csv", limit=3, offset=1).text.splitlines()) == 4


@pytest.mark.parametrize(
    ("parameters", "status", "field"),
    [
        ({"start_date": "2021-02-30"}, 422, "start_date"),
        ({"start_date": "30/06/2021"}, 422, "start_date"),
        ({"end_date": ""}, 400, "end_date"),
        ({"start_date": "2021-06-02", "end_date": "2021-06-01"}, 422, "end_date"),
        ({"limit": "0"}, 422, "limit"),
        ({"limit": "1001"}, 422, "limit"),
        ({"limit": "ten"}, 422, "limit"),
        ({"offset": "-1"}, 422, "offset"),
        ({"offset": str(2**63)}, 422, "offset"),
        ({"desc": "perhaps"}, 422, "desc"),
        ({"format": "pdf"}, 422, "format"),
        ({"angel": "\0"}, 422, "angel"),
        ({"polo": "  "}, 400, "polo"),
        ({"sort_field": "nome; drop table angel"}, 400, "sort_field"),
        ({"calendar": "BR-XX"}, 422, "calendar"),
        ({"startdate": "2021-06-01"}, 400, "startdate"),
    ],
)
def test_what_is_not_understood_is_refused_by_field_with_a_sentence(
    get: Get, parameters: dict[str, str], status: int, field: str
) -> None:
    for path in INDICATORS:
        response = get(f"indicators/{path}", **parameters)
        assert (response.status_code, response.mimetype) == (status, "application/problem+json")
        problem = response.get_json()
        assert problem["detail"].endswith(".")
        assert problem["errors"][field][0].endswith(".")


@pytest.mark.parametrize("path", INDICATORS)
@pytest.mark.usefixtures("three_angels")
def test_a_caller_that_has_the_answer_gets_a_304_until_it_changes(records: Records, get: Get, path: str) -> None:
    first = get(f"indicators/{path}")
    again = {"If-None-Match": first.headers["ETag"]}
    same = get(f"indicators/{path}", headers=again)
    assert (same.status_code, same.data, same.headers["ETag"]) == (304, b"", first.headers["ETag"])
    records.add(angel=ANA)
    changed = get(f"indicators/{path}", headers=again)
    assert changed.status_code == 200
    assert changed.headers["ETag"] != first.headers["ETag"]


@pytest.mark.parametrize("format", ["csv", "xlsx"])
@pytest.mark.usefixtures("three_angels")
def test_files_have_an_etag_too(get: Get, format: str) -> None:
    etag = get("indicators/productivity", format=format).headers["ETag"]
    assert get("indicators/productivity", format=format, headers={"If-None-Match": etag}).status_code == 304


def test_csv_has_the_rows_and_the_header_the_period(records: Records, get: Get) -> None:
    records.add(LATE)
    response = get("indicators/sla/polo", format="csv")
    assert response.content_type == "text/csv; charset=utf-8"
    assert response.headers["Content-Disposition"] == 'attachment; filename="sla_polo_2021-06-03_2021-06-03.csv"'
    stated = (
        'start_date="2021-06-03", end_date="2021-06-03", business_days=1, calendar="BR", calendar_covers=?1, '
        'calendar_start_date="2000-01-01", calendar_end_date="2050-12-31"'
    )
    assert response.headers["Indicator-Period"] == stated
    header, row = csv.reader(io.StringIO(response.text, newline=""))
    assert header == ["polo", "total", "on_time", "late", "sla", "avg_margin_hours"]
    assert (row[:5], float(row[5])) == ([BAHIA, "1", "0", "1", "0.0"], -(34 * 3600 + 1) / 3600)


def test_a_name_that_a_spreadsheet_would_run_is_made_harmless(records: Records, get: Get) -> None:
    records.add(angel='=HYPERLINK("http://x")', polo="-5")
    assert "'=HYPERLINK" in get("indicators/productivity", format="csv").text
    assert get("indicators/productivity").get_json()["data"][0]["angel"] == '=HYPERLINK("http://x")'
    assert "\r\n-5," in get("indicators/sla/polo", format="csv").text


def sheet(workbook: zipfile.ZipFile, number: int) -> list[list[str | float]]:
    space = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
    root = ElementTree.fromstring(workbook.read(f"xl/worksheets/sheet{number}.xml"))
    assert not root.findall(f".//{space}f")  # no formula
    return [
        ["".join(cell.itertext()) if cell.get("t") == "inlineStr" else float("".join(cell.itertext())) for cell in row]
        for row in root.iter(f"{space}row")
    ]


def test_a_workbook_has_the_rows_as_numbers_and_a_sheet_with_the_period(records: Records, get: Get) -> None:
    records.add(ON_TIME, angel="=1+1")
    response = get("indicators/productivity", format="xlsx")
    assert response.content_type == "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    workbook = zipfile.ZipFile(io.BytesIO(response.data))
    assert sheet(workbook, 1) == [["angel", "total", "active_days", "productivity"], ["'=1+1", 1.0, 1.0, 1.0]]
    day = float((date(2021, 6, 1) - date(1899, 12, 30)).days)
    notes = {row[0]: row[1] for row in sheet(workbook, 2)}
    assert [notes[name] for name in ("start_date", "end_date", "business_days", "calendar")] == [day, day, 1.0, "BR"]
    assert notes["calendar_covers"] == 1.0


def test_files_without_data_have_a_header(get: Get) -> None:
    response = get("indicators/productivity", format="csv")
    assert response.text == "angel,total,active_days,productivity\r\n"
    assert 'filename="productivity.csv"' in response.headers["Content-Disposition"]
    assert get("indicators/sla/polo", format="xlsx").status_code == 200


def test_total_counts_every_record_but_the_deleted(records: Records, get: Get) -> None:
    assert get("atendimento/total").get_json() == {"total": 0}
    records.add()
    records.add(None)
    records.add(status="cancelled")
    records.add(deleted=True)
    records.add(None, deleted=True)
    assert get("atendimento/total").get_json() == {"total": 3}


@pytest.mark.usefixtures("three_angels")
def test_the_view_of_angels_has_their_deliveries_most_first(get: Get) -> None:
    caio = {"angel": CAIO, "total_deliveries": 3, "on_time_deliveries": 2, "on_time_percentage": 66.67}
    answer = get("atendimento/angel_productivity").get_json()
    assert (answer["total"], answer["data"][0], len(answer["data"])) == (3, caio, 3)
    assert get("atendimento/angel_productivity", at_most=1).get_json() == {"total": 3, "data": [caio]}


def test_the_view_of_polos_has_their_deliveries_by_weekday(records: Records, get: Get) -> None:
    for visit, polo in (
        (ON_TIME, BAHIA),
        ("2021-06-08 10:00:00", BAHIA),
        (LATE, BAHIA),
        ("2021-06-06 10:00:00", SAMPA),
    ):
        records.add(visit, polo=polo)
    assert get("atendimento/polo_productivity").get_json() == {
        "total": 3,
        "data": [
            {"polo": BAHIA, "weekday": 2, "total_deliveries": 2},
            {"polo": BAHIA, "weekday": 4, "total_deliveries": 1},
            {"polo": SAMPA, "weekday": 7, "total_deliveries": 1},
        ],
    }


@pytest.mark.parametrize("path", ["angel_productivity", "polo_productivity"])
def test_views_refuse_what_they_do_not_understand(get: Get, path: str) -> None:
    assert get(f"atendimento/{path}").get_json() == {"total": 0, "data": []}
    assert get(f"atendimento/{path}", at_most=0).status_code == 422
    assert get(f"atendimento/{path}", limit=1).status_code == 400
    assert get("atendimento/total", at_most=1).status_code == 400


@pytest.mark.parametrize("path", [*(f"indicators/{path}" for path in INDICATORS), "atendimento/total"])
def test_nobody_is_answered_without_a_token(client: FlaskClient, path: str) -> None:
    assert client.get(f"/api/v1/{path}").status_code == 401


@pytest.mark.usefixtures("three_angels")
def test_the_older_addresses_answer_the_same(get: Get) -> None:
    assert get("/v1/services/total").get_json() == {"total": 6}
    answer = get("/v1/indicators/sla/angel", limit=1).get_json()
    assert answer["next"] == "http://localhost/v1/indicators/sla/angel?limit=1&offset=1"


def test_the_terminal_answers_what_the_api_answers(records: Records, client: FlaskClient, ask: Ask) -> None:
    records.add(LATE, angel="[Ana]")
    invoke = client.application.test_cli_runner().invoke
    result = invoke(args=["indicators", "sla-angel", "--format", "json", "--start-date", "2021-06-02"])
    answer = ask("sla/angel", start_date="2021-06-02")
    assert orjson.loads(result.stdout) == {name: answer[name] for name in ("period", "count", "data")}
    table = invoke(args=["indicators", "productivity", "--sort-field", "angel", "--asc"]).stdout
    assert "2021-06-03 to 2021-06-03, 1 business days of calendar BR: 1 of 1 rows" in table
    assert "[Ana]" in table
    assert (
        invoke(args=["indicators", "sla-polo", "--format", "csv"]).stdout.splitlines()[1].startswith(f"{BAHIA},1,0,1,")
    )


@pytest.mark.parametrize("start", ["2021-06-02", "02/06/2021", "02-06-2021", "2/6/21", " 02 / 06 / 2021 "])
def test_the_terminal_understands_days_as_the_files_write_them(
    records: Records, client: FlaskClient, start: str
) -> None:
    records.add(LATE)
    invoke = client.application.test_cli_runner().invoke
    for option in ("--start-date", "--end-date"):
        result = invoke(args=["indicators", "sla-angel", "--format", "json", option, start])
        assert result.exit_code == 0, result.output
        period = orjson.loads(result.stdout)["period"]
        assert period[option.strip("-").replace("-", "_")] == "2021-06-02"


@pytest.mark.parametrize("day", ["06/13/2021", "31/02/2021", "01/06/2021 10:00", "2021-06-31", "1/6", "", "x" * 70_000])
def test_the_terminal_says_how_a_day_is_written(client: FlaskClient, day: str) -> None:
    result = client.application.test_cli_runner().invoke(args=["indicators", "sla-angel", "--start-date", day])
    assert result.exit_code == 2
    assert "is no day: write it as 2021-06-30 or 30/06/2021." in result.output


@pytest.mark.parametrize(
    "arguments",
    [
        ["--sort-field", "nothing"],
        ["--start-date", "2021-06-02", "--end-date", "2021-06-01"],
        ["--calendar", "XX"],
        ["--start-date", "yesterday"],
        ["--angel", "\udc80"],
        ["--limit", str(10**30)],
    ],
)
def test_the_terminal_refuses_with_a_sentence(client: FlaskClient, arguments: list[str]) -> None:
    result = client.application.test_cli_runner().invoke(args=["indicators", "productivity", *arguments])
    assert result.exit_code in (1, 2)
    assert result.stderr.strip().endswith(".")
    assert "Traceback" not in result.stderr
