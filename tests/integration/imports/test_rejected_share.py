"""How many rows of a file may be rejected, and how much is kept of them."""

from __future__ import annotations

import gzip
from typing import Any

import pytest

from src.services import rejected_rows
from src.services.imports import show_import
from src.services.rejections_file import rejections_file
from tests.integration.imports.conftest import HEADER, Imports, counts

CLIENTES = "id_cliente;nome;email;telefone\n"


def file_of(good: int, bad: int, kind: str = "atendimentos") -> str:
    """A file whose bad rows come first: half as many again have another fault than the commonest."""
    if kind == "clientes":
        rows = [f"{n};Ana;{'nada' if n % 3 else 'x' * 300 + '@b.co'};\n" for n in range(1, bad + 1)]
        rows += [f"{n};Bia;;\n" for n in range(bad + 1, bad + good + 1)]
        return CLIENTES + "".join(rows)
    rows = [
        f"{n};3;{'Ana' if n % 3 else ''};P;{'31/02/2021' if n % 3 else '30/06/2021'};-\n" for n in range(1, bad + 1)
    ]
    return HEADER + "".join(rows + [f"{n};3;Ana;P;30/06/2021;-\n" for n in range(bad + 1, bad + good + 1)])


@pytest.mark.parametrize("stored", [False, True])
@pytest.mark.parametrize("dry_run", [False, True])
def test_a_file_of_which_nearly_all_is_rejected_fails(imports: Imports, stored: bool, dry_run: bool) -> None:
    if stored:
        imports.run(HEADER + "9000;3;Zoe;P;30/06/2021;-\n")
    before = imports.dump()
    row = imports.run(file_of(10, 90), dry_run=dry_run)
    assert row["status"] == "failed"
    assert row["error"].startswith(
        "90 of 100 rows would be rejected, so nothing was loaded. "
        "The commonest reason (60 rows, first in line 2): data_limite is no date"
    )
    assert row["error"].endswith("allow it with max_rejected=1, and the other rows are loaded.")
    assert imports.dump() == before
    assert imports.rejections(row["id"]) == []


@pytest.mark.parametrize(
    ("good", "bad", "options", "status"),
    [
        (11, 89, {}, "completed"),
        (10, 90, {"max_rejected": 1}, "completed"),
        (0, 100, {"max_rejected": 1}, "completed"),
        (0, 99, {}, "completed"),
        (9, 90, {}, "completed"),
        (0, 100, {}, "failed"),
        (10, 90, {"max_rejected": 0.9}, "completed"),
        (9, 91, {"max_rejected": 0.9}, "failed"),
        (7, 3, {"max_rejected": 0.3}, "completed"),
        (6, 4, {"max_rejected": 0.3}, "failed"),
        (1000, 1, {"max_rejected": 0}, "failed"),
        (1000, 0, {"max_rejected": 0}, "completed"),
        (0, 0, {"max_rejected": 0}, "completed"),
    ],
)
@pytest.mark.parametrize("kind", ["atendimentos", "clientes"])
def test_the_share_that_may_be_rejected(
    imports: Imports, good: int, bad: int, options: dict[str, Any], status: str, kind: str
) -> None:
    row = imports.run(file_of(good, bad, kind), kind=kind, **options)
    assert row["status"] == status
    found = {name: count for name, count in (("read", good + bad), ("inserted", good), ("rejected", bad)) if count}
    assert counts(row) == (found if status == "completed" else counts(row))
    assert len(imports.dump()["cliente" if kind == "clientes" else "atendimento"]) == (
        good if status == "completed" else 0
    )


def test_rows_whose_email_is_taken_count_too(imports: Imports) -> None:
    data = CLIENTES + "".join(f"{n};Ana;a@b.co;\n" for n in range(1, 201))
    row = imports.run(data, kind="clientes")
    assert row["status"] == "failed"
    assert "(199 rows, first in line 3): email is another cliente's." in row["error"]
    row = imports.run(data, kind="clientes", max_rejected=1)
    assert counts(row) == {"read": 200, "inserted": 1, "rejected": 199}
    assert imports.rejections(row["id"])[0] == (3, "email", "email_taken", "2;Ana;a@b.co;")


def test_the_bound_of_rejected_rows_holds_for_emails(imports: Imports, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rejected_rows, "MAX_REJECTED_ROWS", 100)
    data = CLIENTES + "x;;;\n" + "".join(f"{n};Ana;a@b.co;\n" for n in range(1, 101))
    row = imports.run(data, kind="clientes", max_rejected=1)
    assert counts(row) == {"read": 101, "inserted": 1, "rejected": 100}
    imports.truncate()
    row = imports.run(data + "101;Ana;A@B.co;\n", kind="clientes", max_rejected=1)
    assert (row["status"], imports.dump()["cliente"]) == ("failed", [])
    assert row["error"].startswith(
        "More than 100 rows would be rejected. The commonest reason (100 rows, first in line 4)"
    )


def test_the_text_of_an_email_that_is_taken_is_cut_and_said_so(imports: Imports) -> None:
    header = CLIENTES.replace("\n", ";obs\n")
    row = imports.run(header + "1;Ana;a@b.co;;x\n" + f"2;Bia;A@b.co;;{'x' * 9000}\n", kind="clientes")
    assert len(imports.rejections(row["id"])[0][3]) == 4000
    reason = imports.connection.execute("select reason from import_rejection").fetchone()
    assert reason == ("email is another cliente's. Only the first 4,000 characters of the row are kept.",)


def test_what_is_kept_of_packed_rows_is_bounded_by_the_upload(
    imports: Imports, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rejected_rows, "CHARACTERS_IN_ANY_CASE", 100_000)
    data = gzip.compress((HEADER + ("x" * 15_000 + "\n") * 800).encode())
    row = imports.run(data, max_rejected=1)
    assert counts(row) == {"read": 800, "rejected": 800}
    kept = imports.connection.execute("select sum(length(raw)), max(length(raw)) from import_rejection").fetchone()
    assert kept[0] < 100_000 + 4 * len(data) + 800 * 200
    assert (
        imports.connection.execute("select reason from import_rejection order by line desc")
        .fetchone()[0]
        .endswith("Only the first 200 characters of the row are kept.")
    )


def test_the_download_of_a_file_of_many_columns_is_bounded_by_the_upload(imports: Imports) -> None:
    data = ";" * 994 + HEADER + "x\n" * 8000
    row = imports.run(data, max_rejected=1)
    assert row["status"] == "failed"
    assert row["error"].startswith("More than 1,3")
    assert imports.run(";" * 994 + HEADER + "x\n" * 1000, max_rejected=1)["status"] == "completed"


@pytest.mark.parametrize("angel", [r'"Ana \"Nena\" Lima"', '"Ana" Lima', '"Ana', ' "Ana Lima"'])
def test_rejected_rows_that_are_sent_again_bring_no_other_name(imports: Imports, angel: str) -> None:
    row = imports.run(HEADER + f"1;3;{angel};P;31/02/2021;-\n" + "2;3;Bia;P;30/06/2021;-\n")
    assert counts(row) == {"read": 2, "inserted": 1, "rejected": 1}
    with imports.app.app_context():
        again = b"".join(rejections_file(show_import(row["id"]))).decode()
    imports.run(again.replace("31/02/2021", "30/06/2021"))
    assert {nome for (nome,) in imports.dump()["angel"]} <= {"Ana Lima", "Bia"}
