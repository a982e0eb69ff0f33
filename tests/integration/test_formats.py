"""csv-br and xlsx at every door: as a spreadsheet in Portuguese reads them, and back again."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from python_calamine import CalamineWorkbook

from src.domain.formats import INDICATOR_FILES, LIST_FILES, REJECTION_FILES
from tests.integration.imports.conftest import Imports, counts, imports, lines  # noqa: F401 - fixtures
from tests.integration.indicators.conftest import Get, get  # noqa: F401 - fixtures
from tests.integration.indicators.records import BIA, Records

# ruff: noqa: F811 - a fixture has the name of what is imported
LISTS = ("atendimento", "clientes", "angels", "polos", "imports", "users", "api-keys", "audit-log")
FILE = (
    '1;10;Ana;SP - CAMPINAS;30/06/2021;29/06/2021 12:57:19\n2;11;"a;=1+1";SP - CAMPINAS;30/06/2021 10:00;-\n',
    'x;10;"Bia; Lima";SP - CAMPINAS;30/06/2021;29/06/2021 25:10:00\n4;12;Caio;BA - SERRINHA;31/06/2021;-\n',
)


def table(data: bytes, delimiter: str = ";") -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), delimiter=delimiter))


def cells_of(workbook: bytes) -> list[list[Any]]:
    return CalamineWorkbook.from_filelike(io.BytesIO(workbook)).get_sheet_by_index(0).to_python()


@pytest.fixture
def filled(imports: Imports, lines: Callable[..., str]) -> dict[str, Any]:
    """Two records and two rejected rows; the import's row."""
    return imports.run(lines(*"".join(FILE).splitlines()))


def in_portuguese(text: str) -> str:
    """Return a cell of a plain CSV as csv-br has it: local times turned round. No list has other fractions."""
    if len(text) == 19 and text[4] == text[7] == "-" and text[10] == "T":
        return f"{text[8:10]}/{text[5:7]}/{text[:4]} {text[11:]}"
    return {"1.0": "1,0", "0.0": "0,0"}.get(text, text)


@pytest.mark.usefixtures("filled")
@pytest.mark.parametrize("path", LISTS)
def test_every_list_is_there_for_a_spreadsheet_in_portuguese(get: Get, path: str) -> None:
    plain = get(path, format="csv")
    response = get(path, format="csv-br")
    name = f'attachment; filename="{path}.csv"'
    assert (response.content_type, response.headers["Content-Disposition"]) == ("text/csv; charset=utf-8", name)
    assert response.data.startswith(b"\xef\xbb\xbf")
    assert response.data.endswith(b"\r\n")
    expected = [[in_portuguese(cell) for cell in row] for row in table(plain.data, ",")]
    assert table(response.data) == expected
    assert len(expected) > 1 or path == "api-keys"


@pytest.mark.usefixtures("filled")
@pytest.mark.parametrize(("path", "kind", "count"), [("atendimento", "atendimentos", 2), ("clientes", "clientes", 2)])
def test_what_was_exported_is_imported_unchanged(imports: Imports, get: Get, path: str, kind: str, count: int) -> None:
    before = imports.dump()
    exported = get(path, format="csv-br").data
    assert counts(imports.run(exported, kind=kind)) == {"read": count, "unchanged": count}
    assert imports.dump() == before


@pytest.mark.parametrize("path", ["productivity", "sla/angel", "sla/polo"])
def test_indicators_have_a_comma(records: Records, get: Get, path: str) -> None:
    for number in range(8):
        records.add("2021-06-01 10:00:00" if number else "2021-06-02 10:00:00", angel=BIA)
    response = get(f"indicators/{path}", format="csv-br")
    assert response.content_type == "text/csv; charset=utf-8"
    assert response.headers["Content-Disposition"].endswith('_2021-06-01_2021-06-02.csv"')
    header, row = table(response.data)
    found = dict(zip(header, row, strict=True))
    assert found["total"] == "8"
    if path == "productivity":
        assert (found["productivity"], found["active_days"]) == ("4,0", "2")
    else:
        # Seven were 13:59:59 early, one was 10:00:01 late: 316,792 seconds by 8.
        assert (found["sla"], found["avg_margin_hours"]) == ("0,875", str(316792 / 8 / 3600).replace(".", ","))


def test_rejected_rows_come_as_texts_and_can_be_sent_again(imports: Imports, filled: dict[str, Any], get: Get) -> None:
    path = f"imports/{filled['id']}/rejections"
    response = get(path, format="csv-br")
    assert response.headers["Content-Disposition"] == f'attachment; filename="rejections-{filled["id"]}.csv"'
    assert response.data.startswith(b"\xef\xbb\xbf")
    header, first, second = table(response.data)
    assert header[-2:] == ["line", "reason"]
    assert (first[:3], first[5], second[4]) == (["x", "10", "Bia; Lima"], "29/06/2021 25:10:00", "31/06/2021")
    corrected = response.data.replace(b"x;10", b"3;10").replace(b" 25:", b" 20:").replace(b"31/06", b"30/06")
    assert counts(imports.run(corrected)) == {"read": 2, "inserted": 2}
    assert "Bia; Lima" in {row[2] for row in imports.dump()["atendimento"]}


def test_rejected_rows_come_as_a_workbook(filled: dict[str, Any], get: Get) -> None:
    response = get(f"imports/{filled['id']}/rejections", format="xlsx")
    assert response.content_type == "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    assert response.headers["Content-Disposition"] == f'attachment; filename="rejections-{filled["id"]}.xlsx"'
    header, first, second = cells_of(response.data)
    assert header[-2:] == ["line", "reason"]
    assert (first[:3], first[5:7]) == (["x", "10", "Bia; Lima"], ["29/06/2021 25:10:00", 4.0])
    assert (second[0], second[4]) == ("4", "31/06/2021")


def test_a_workbook_of_too_many_cells_is_refused_with_another_way(
    imports: Imports, filled: dict[str, Any], get: Get
) -> None:
    imports.connection.execute("update import set rows_rejected = 125001, rows_read = 125003, rows_inserted = 2")
    response = get(f"imports/{filled['id']}/rejections", format="xlsx")
    assert (response.status_code, response.content_type) == (422, "application/problem+json")
    assert "csv-br" in response.get_json()["errors"]["format"][0]
    assert get(f"imports/{filled['id']}/rejections", format="xlsx", limit=2).status_code == 200


def test_the_document_names_the_formats_that_are_there(get: Get) -> None:
    paths = get("/openapi.json").get_json()["paths"]

    def named(path: str) -> list[str]:
        (format,) = (p for p in paths[f"/api/v1/{path}"]["get"]["parameters"] if p["name"] == "format")
        found: list[str] = format["schema"]["enum"]
        return found

    for path in LISTS:
        assert named(path) == ["json", *(each.name for each in LIST_FILES)]
    assert named("indicators/productivity") == ["json", *(each.name for each in INDICATOR_FILES)]
    assert named("imports/{import_id}/rejections") == ["json", *(each.name for each in REJECTION_FILES)]


@pytest.mark.parametrize("format", INDICATOR_FILES)
def test_the_terminal_writes_what_the_api_sends(records: Records, client: FlaskClient, get: Get, format: Any) -> None:
    records.add("2021-06-02 10:00:00")
    records.add()
    result = client.application.test_cli_runner().invoke(args=["indicators", "sla-angel", "--format", format.name])
    assert result.exit_code == 0
    assert result.stdout_bytes == get("indicators/sla/angel", format=format.name).data


@pytest.mark.parametrize(("format", "name"), [("csv-br", "x.csv.rejections.csv"), ("xlsx", "x.csv.rejections.xlsx")])
@pytest.mark.usefixtures("imports")
def test_the_terminal_writes_rejected_rows_for_a_spreadsheet(
    client: FlaskClient, lines: Callable[..., str], tmp_path: Path, format: str, name: str
) -> None:
    file = tmp_path / "x.csv"
    file.write_text(lines(*"".join(FILE).splitlines()), encoding="utf-8")
    arguments = ["import", str(file), "--rejections-format", format]
    result = client.application.test_cli_runner().invoke(args=arguments)
    assert result.exit_code == 0, result.output
    data = (tmp_path / name).read_bytes()
    rows = (
        table(data)
        if format == "csv-br"
        else CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_index(0).to_python()
    )
    assert [row[5] for row in rows[1:]] == ["29/06/2021 25:10:00", "-"]
