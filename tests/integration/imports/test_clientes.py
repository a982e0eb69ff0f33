"""Imports of clientes."""

from __future__ import annotations

import pytest

from src.repositories import cliente_staging
from src.repositories.sql import statement
from src.services.sample_data import write_sample
from tests.integration.imports.conftest import counts

HEADER = "id_cliente;nome;email;telefone\n"


def clientes(imports):
    return imports.dump()["cliente"]


def run(imports, *rows, header=HEADER, **options):
    return imports.run(header + "".join(f"{row}\n" for row in rows), kind="clientes", **options)


@pytest.mark.parametrize("header", [HEADER, ""])
def test_a_file_with_or_without_header_is_stored(imports, header):
    row = run(imports, "1;Ana  Maria;ana@exemplo.com;11 99999-0000", "2;;;", header=header)
    assert (row["status"], counts(row)) == ("completed", {"read": 2, "inserted": 2})
    assert clientes(imports) == [(1, "Ana Maria", "ana@exemplo.com", "11 99999-0000"), (2, None, None, None)]


def test_the_same_file_again_is_all_unchanged_and_a_difference_an_update(imports):
    run(imports, "1;Ana;a@b.co;1", "2;Bia;;")
    assert counts(run(imports, "1;Ana;a@b.co;1", "2;Bia;;")) == {"read": 2, "unchanged": 2}
    assert counts(run(imports, "1;Ana;a@b.co;2", "2;Bia;;")) == {"read": 2, "updated": 1, "unchanged": 1}
    assert clientes(imports)[0] == (1, "Ana", "a@b.co", "2")


def test_clientes_that_an_atendimento_made_get_their_names(imports, lines):
    imports.run(lines("1;10;Ana;P;30/06/2021;-"))
    assert counts(run(imports, "10;Maria;m@b.co;")) == {"read": 1, "updated": 1}


def test_mode_insert_leaves_stored_clientes_alone(imports):
    run(imports, "1;Ana;a@b.co;1")
    assert counts(run(imports, "1;Zoe;z@b.co;9", "2;Bia;;", mode="insert")) == {
        "read": 2,
        "inserted": 1,
        "unchanged": 1,
    }
    assert clientes(imports)[0][1] == "Ana"


def test_wrong_rows_are_refused_with_their_column(imports):
    row = run(imports, "x;Ana;;", "2;Bia;nada;", "3;Caio", "4;Dora;d@b.co;1")
    assert counts(row) == {"read": 4, "inserted": 1, "rejected": 3}
    assert [r[:3] for r in imports.rejections(row["id"])] == [
        (2, "id_cliente", "invalid_id"),
        (3, "email", "invalid_email"),
        (4, None, "too_few_fields"),
    ]


def test_of_two_rows_with_one_id_the_last_line_wins(imports):
    row = run(imports, "1;Ana;a@b.co;", "1;Bia;b@b.co;", "2;Caio;a@b.co;")
    assert counts(row) == {"read": 3, "inserted": 2, "superseded": 1}
    assert [r[1:3] for r in clientes(imports)] == [("Bia", "b@b.co"), ("Caio", "a@b.co")]


def test_an_email_of_another_cliente_is_refused(imports):
    run(imports, "1;Ana;a@b.co;")
    row = run(imports, "2;Bia;A@B.co;", "3;Caio;c@b.co;", "4;Dora;c@b.co;")
    assert counts(row) == {"read": 3, "inserted": 1, "rejected": 2}
    assert [r[:3] for r in imports.rejections(row["id"])] == [(2, "email", "email_taken"), (4, "email", "email_taken")]


def test_two_clientes_may_swap_their_emails(imports):
    run(imports, "1;Ana;a@b.co;", "2;Bia;b@b.co;")
    assert counts(run(imports, "1;Ana;b@b.co;", "2;Bia;a@b.co;")) == {"read": 2, "updated": 2}
    assert [r[2] for r in clientes(imports)] == ["b@b.co", "a@b.co"]


def test_a_refused_row_keeps_its_stored_email_from_others(imports):
    run(imports, "1;Ana;a@b.co;", "2;Bia;b@b.co;")
    # Row 2 wants the e-mail of 9, which line 2 has: refused, so b@b.co stays with 2, and 3 can't have it.
    row = run(imports, "9;Zoe;z@b.co;", "2;Bia;z@b.co;", "3;Caio;b@b.co;")
    assert counts(row) == {"read": 3, "inserted": 1, "rejected": 2}
    assert [r[::2] for r in clientes(imports)] == [(1, "a@b.co"), (2, "b@b.co"), (9, "z@b.co")]


@pytest.mark.parametrize("lines", [("9;Zoe;a@b.co;", "1;Ana;a@b.co;"), ("1;Ana;a@b.co;", "9;Zoe;a@b.co;")])
def test_who_keeps_an_email_keeps_it_wherever_the_file_says_so(imports, lines):
    run(imports, "1;Ana;a@b.co;")
    row = run(imports, *lines)
    assert counts(row) == {"read": 2, "unchanged": 1, "rejected": 1}
    assert [r[0] for r in imports.rejections(row["id"])] == [2 + lines.index("9;Zoe;a@b.co;")]


def test_the_samples_clientes_are_stored_beside_its_atendimentos(imports, tmp_path):
    write_sample(tmp_path / "a.csv", rows=2000, clientes_path=tmp_path / "c.csv")
    imports.run((tmp_path / "a.csv").read_bytes())
    made = {row[0] for row in clientes(imports)}
    row = imports.run((tmp_path / "c.csv").read_bytes(), kind="clientes")
    assert row["rows_rejected"] == 0
    assert row["rows_updated"] == len(made)
    assert all(nome and email for _, nome, email, _ in clientes(imports))


def test_a_dry_run_changes_nothing(imports):
    assert counts(run(imports, "1;Ana;a@b.co;", dry_run=True)) == {"read": 1, "inserted": 1}
    assert clientes(imports) == []


def test_a_chain_of_emails_as_long_as_its_file_is_rejected_in_few_rounds(imports, monkeypatch):
    statements = []
    monkeypatch.setattr(cliente_staging, "statement", lambda name: statements.append(name) or statement(name))
    run(imports, *(f"{n};Ana;e{n}@b.co;" for n in range(1, 302)))
    before = clientes(imports)
    row = run(imports, *(f"{n};Bia;e{n + 1}@b.co;" for n in range(1, 301)), "400;Caio;;", max_rejected=1)
    assert counts(row) == {"read": 301, "inserted": 1, "rejected": 300}
    assert clientes(imports) == [*before, (400, "Caio", None, None)]
    assert statements.count("cliente_reject_taken") < 40


def test_a_chain_of_emails_that_ends_well_is_loaded_whole(imports):
    run(imports, *(f"{n};Ana;e{n}@b.co;" for n in range(1, 302)))
    row = run(imports, *(f"{n};Bia;e{n % 301 + 1}@b.co;" for n in range(1, 302)))
    assert counts(row) == {"read": 301, "updated": 301}
