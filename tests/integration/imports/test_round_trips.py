"""Files that the service wrote come back as what they were written from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from src.domain.spreadsheet import EXPORT_COLUMNS
from tests.integration.imports.conftest import HEADER, Imports, counts

# What a spreadsheet would run, what looks as if it had been kept from that, and what is neither.
NOMES = [
    "=SUM(A1)",
    "-;EXTRA",
    "@x",
    "+55 75 9",
    "-5",
    "'=SUM(A1)",
    "''-x",
    "'Ana",
    "'",
    "D'Ávila",
    "＝1",
    'a"b;"c',
    # What another delimiter would make a cell of its own.
    "a;=1+1",
    "a,'+1",
    'a|"@x"',
    "Souza;",
    "Souza,'",
    "x;'",
]


@pytest.fixture
def download(client: FlaskClient, auth_headers: dict[str, str]) -> Callable[[str], str]:
    def get(path: str) -> str:
        response = client.get(f"/api/v1/{path}", headers=auth_headers)
        assert response.status_code == 200
        return response.data.decode()

    return get


def row_of(number: int | str, nome: str) -> str:
    quoted = '"' + nome.replace('"', '""') + '"'
    return f"{number};10;{quoted};SP - CAMPINAS;30/06/2021;-"


def angels(imports: Imports) -> list[str]:
    return [record[2] for record in imports.dump()["atendimento"]]


def test_refused_rows_that_are_corrected_load_as_they_were(
    imports: Imports, lines: Callable[..., str], download: Callable[[str], str]
) -> None:
    refused = imports.run(lines(*(row_of("x", nome) for nome in NOMES)))
    assert counts(refused) == {"read": len(NOMES), "rejected": len(NOMES)}
    header, *rows = download(f"imports/{refused['id']}/rejections?format=csv").splitlines(keepends=True)
    corrected = header + "".join(row.replace("x", str(number), 1) for number, row in enumerate(rows, 1))
    assert counts(imports.run(corrected)) == {"read": len(NOMES), "inserted": len(NOMES)}
    assert angels(imports) == NOMES


def test_rows_that_are_refused_twice_look_the_same_the_second_time(
    imports: Imports, lines: Callable[..., str], download: Callable[[str], str]
) -> None:
    first = download(
        f"imports/{imports.run(lines(*(row_of('x', nome) for nome in NOMES)))['id']}/rejections?format=csv"
    )
    second = download(f"imports/{imports.run(first)['id']}/rejections?format=csv")
    assert second == first


def test_an_apostrophe_in_a_file_of_somebody_else_s_is_the_value_s_own(
    imports: Imports, lines: Callable[..., str]
) -> None:
    imports.run(lines(row_of(1, "'=SUM(A1)")))
    assert angels(imports) == ["'=SUM(A1)"]


def test_an_export_of_atendimentos_that_is_sent_again_changes_nothing(
    imports: Imports, lines: Callable[..., str], download: Callable[[str], str]
) -> None:
    visits = "1;10;Ana;SP - CAMPINAS;30/06/2021;29/06/2021 12:57:19", "2;10;Ana;SP - CAMPINAS;30/06/2021 10:00;-"
    imports.run(lines(*visits, *(row_of(number, nome) for number, nome in enumerate(NOMES, 3))))
    export = download("atendimento?format=csv")
    total = len(NOMES) + 2
    assert counts(imports.run(export)) == {"read": total, "unchanged": total}
    before = imports.dump()
    imports.truncate()
    assert counts(imports.run(export)) == {"read": total, "inserted": total}
    assert imports.dump() == before


def test_an_export_of_clientes_that_is_sent_again_changes_nothing(
    imports: Imports, download: Callable[[str], str]
) -> None:
    rows = "".join(
        f'{number};"{nome.replace(chr(34), chr(34) * 2)}";;{nome[:1]}55 75\n' for number, nome in enumerate(NOMES, 1)
    )
    sent = imports.run("id_cliente;nome;email;telefone\n" + rows, kind="clientes")
    assert counts(sent) == {"read": len(NOMES), "inserted": len(NOMES)}
    again = imports.run(download("clientes?format=csv"), kind="clientes")
    assert counts(again) == {"read": len(NOMES), "unchanged": len(NOMES)}


@pytest.mark.parametrize(("path", "kind"), [("atendimento", "atendimento"), ("clientes", "cliente")])
def test_exports_have_the_header_that_they_are_known_by(download: Callable[[str], str], path: str, kind: Any) -> None:
    assert download(f"{path}?format=csv").splitlines() == [",".join(EXPORT_COLUMNS[kind])]


def test_names_that_differ_in_what_can_not_be_seen_are_one(imports: Imports, lines: Callable[..., str]) -> None:
    rows = [f"{n};10;{nome};SP - CAMPINAS;30/06/2021;-" for n, nome in enumerate(["Ana", "\ufeffAna", "An\u200ba"], 1)]
    imports.run((HEADER + "".join(f"{row}\n" for row in rows)).encode())
    assert imports.dump()["angel"] == [("Ana",)]
