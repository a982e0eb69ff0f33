"""`flask import`."""

from __future__ import annotations

import csv
import gzip
from pathlib import Path

import pytest

from src.services import run_import
from tests.integration.imports.conftest import HEADER

GOOD = "1;10;Ana;BA - FEIRA DE SANTANA;30/06/2021;29/06/2021 12:57:19\n"
BAD = "2;20;Bia;SP - CAMPINAS;30/06/2021;ontem\n"


@pytest.fixture
def run(app):
    runner = app.test_cli_runner()
    return lambda *arguments: runner.invoke(args=["import", *map(str, arguments)])


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "export of june.csv"
    path.write_text(HEADER + GOOD + BAD, encoding="utf-8")
    return path


def rejections_of(file: Path) -> str:
    return file.with_name(f"{file.name}.rejections.csv").read_text(encoding="utf-8")


def test_a_file_is_imported_and_its_refused_rows_are_written_beside_it(run, file, imports):
    result = run(file)
    assert result.exit_code == 0, result.output
    assert [row[0] for row in imports.dump()["atendimento"]] == [1]
    refused = list(csv.reader(rejections_of(file).splitlines(), delimiter=";"))
    assert refused[0] == [*HEADER.strip().split(";"), "line", "reason"]
    assert refused[1][:7] == [*BAD.strip().split(";"), "3"]
    assert imports.row(1)["filename"] == file.name


def test_the_corrected_rejections_can_be_imported_as_they_are(run, file, imports):
    run(file)
    corrected = file.with_name("corrected.csv")
    corrected.write_text(rejections_of(file).replace("ontem", "29/06/2021"), encoding="utf-8")
    assert run(corrected).exit_code == 0
    assert [row[0] for row in imports.dump()["atendimento"]] == [1, 2]


def test_refused_rows_that_can_not_be_written_are_told_and_can_be_had_later(run, file, imports, tmp_path):
    result = run(file, "--rejections", tmp_path / "nowhere" / "x.csv")
    assert result.exit_code == 1
    assert "1 row was refused, and can't be written to" in result.output
    assert [row[0] for row in imports.dump()["atendimento"]] == [1]
    again = run(file, "--rejections", tmp_path / "x.csv")
    assert again.exit_code == 0
    assert (tmp_path / "x.csv").read_text(encoding="utf-8").count("ontem") == 1


def test_a_dry_run_changes_nothing(run, file, imports):
    result = run(file, "--dry-run")
    assert result.exit_code == 0
    assert "dry run" in result.output
    assert imports.dump()["atendimento"] == []


def test_a_file_that_fails_ends_with_exit_code_1_and_the_sentence(run, tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("a;b\n1;2\n", encoding="utf-8")
    result = run(path)
    assert result.exit_code == 1
    assert "must name the columns" in result.output


def test_what_is_interrupted_and_no_worker_takes_up_again_is_tried_again_here(run, file, monkeypatch):
    def broken(load):
        raise RuntimeError("a bug")

    monkeypatch.setitem(run_import.LOADERS, "atendimentos", broken)
    result = run(file)
    assert result.exit_code == 1
    assert "3 times" in result.output


def test_an_empty_file_is_refused(run, tmp_path):
    path = tmp_path / "x.csv"
    path.touch()
    result = run(path)
    assert result.exit_code == 1
    assert "empty" in result.output


def test_the_same_content_is_imported_once_unless_forced(run, file, imports):
    run(file)
    assert "imported before" in run(file).output
    assert imports.connection.execute("select count(*) from import").fetchone() == (1,)
    assert run(file, "--force").exit_code == 0
    assert imports.connection.execute("select count(*) from import").fetchone() == (2,)


def test_gzip_and_clientes_are_imported(run, tmp_path, imports):
    path = tmp_path / "clientes.csv.gz"
    path.write_bytes(gzip.compress(b"id_cliente;nome;email;telefone\n7;Ana;a@b.co;9\n"))
    assert run(path, "--kind", "clientes").exit_code == 0
    assert imports.dump()["cliente"] == [(7, "Ana", "a@b.co", "9")]


def test_nearly_all_rows_rejected_fail_the_import_unless_allowed(run, tmp_path, imports):
    path = tmp_path / "wrong.csv"
    path.write_text(HEADER + "x;\n" * 200)
    result = run(path)
    assert result.exit_code == 1
    assert "200 of 200 rows would be rejected" in result.output
    result = run(path, "--max-rejected", "1")
    assert (result.exit_code, imports.row(2)["rows_rejected"]) == (0, 200)
    assert run(path, "--max-rejected", "2").exit_code == 2


def test_the_charset_of_a_file_may_be_named(run, tmp_path, imports):
    path = tmp_path / "dos.csv"
    path.write_bytes((HEADER + "1;2;João;SP - SÃO PAULO;30/06/2021;-\n").encode("cp850"))
    assert run(path).exit_code == 1
    assert run(path, "--charset", "cp850").exit_code == 0
    assert imports.dump()["angel"] == [("João",)]
    assert "windows-1252" in run(path, "--charset", "utf-7").output
