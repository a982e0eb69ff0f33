"""What an import does to the records, from an empty table and on top of stored ones."""

from __future__ import annotations

from datetime import UTC, datetime

import psycopg
import pytest

from src.ingest import seen as seen_module
from src.ingest import tally as tally_module
from src.services.sample_data import write_sample
from tests.integration.imports.conftest import HEADER, counts
from tests.oracle import read_bytes

ANA = "1;10;Ana;BA - FEIRA DE SANTANA;30/06/2021;29/06/2021 12:57:19"
BIA = "2;20;Bia;SP - CAMPINAS;30/06/2021;-"
CAIO = "3;10;Caio;SP - CAMPINAS;30/06/2021 10:00;30/06/2021 10:00:01"


def records(imports):
    return {row[0]: row[1:] for row in imports.dump()["atendimento"]}


def stored_as_the_oracle_says(imports, data: bytes) -> None:
    """Compare every stored record with what an independent reader makes of the file."""
    expected = {
        record.id: (
            record.id_cliente,
            record.angel,
            record.polo,
            record.data_limite,
            record.data_de_atendimento,
            "done" if record.data_de_atendimento else "pending",
            None,
        )
        for record in read_bytes(data).records.values()
    }
    assert records(imports) == expected


@pytest.fixture
def sample(tmp_path) -> bytes:
    """A messy file of 3,000 rows, some ids in it twice."""
    path = tmp_path / "sample.csv"
    write_sample(path, rows=3000, clientes_path=None)
    lines = path.read_bytes().split(b"\n")
    return b"\n".join([*lines[:-1], *(line + b"0" for line in lines[50:400:7]), *lines[900:1000], b""])


def test_a_first_import_stores_every_good_row(imports, lines):
    row = imports.run(lines(ANA, BIA, CAIO))
    assert (row["status"], counts(row)) == ("completed", {"read": 3, "inserted": 3})
    feira, campinas = "BA - FEIRA DE SANTANA", "SP - CAMPINAS"
    deadline = datetime(2021, 6, 30, 23, 59, 59)
    assert records(imports) == {
        1: (10, "Ana", feira, deadline, datetime(2021, 6, 29, 12, 57, 19), "done", None),
        2: (20, "Bia", campinas, deadline, None, "pending", None),
        3: (10, "Caio", campinas, datetime(2021, 6, 30, 10), datetime(2021, 6, 30, 10, 0, 1), "done", None),
    }
    assert imports.dump()["cliente"] == [(10, None, None, None), (20, None, None, None)]
    assert imports.dump()["polo"] == [(feira, "BA"), (campinas, "SP")]


def test_a_first_import_stores_what_an_independent_reader_finds(imports, sample):
    row = imports.run(sample)
    outcome = read_bytes(sample)
    assert row["status"] == "completed"
    assert row["rows_read"] == outcome.read
    assert row["rows_superseded"] == outcome.superseded >= 100
    assert row["rows_rejected"] == outcome.rejected > 0
    assert row["rows_inserted"] == len(outcome.records)
    assert [r[:2] for r in imports.rejections(row["id"])] == [(r.line, r.column) for r in outcome.rejections]
    stored_as_the_oracle_says(imports, sample)


def test_the_straight_way_and_the_staged_way_give_the_same_tables(imports, sample):
    imports.run(sample)
    straight = imports.dump()
    imports.truncate()
    imports.connection.execute("create view in_the_way as select id from atendimento")
    try:
        row = imports.run(sample)
    finally:
        imports.connection.execute("drop view in_the_way")
    assert "stage" in row["timings"]
    assert imports.dump() == straight


@pytest.mark.parametrize(
    ("module", "bound"), [(tally_module, "MAX_GROUPS"), (tally_module, "MAX_CLIENTES"), (seen_module, "LISTED_IDS")]
)
@pytest.mark.parametrize("known_clientes", [False, True])
def test_counts_beyond_their_bound_give_the_same_tables(imports, sample, monkeypatch, module, bound, known_clientes):
    imports.run(sample)
    expected = imports.dump()
    imports.truncate()
    if known_clientes:
        imports.connection.execute("insert into cliente (id) values (%s)", (expected["cliente"][7][0],))
    monkeypatch.setattr(tally_module, "_MERGE_AT", 100)
    monkeypatch.setattr(seen_module, "MAPPED_IDS", 100)
    monkeypatch.setattr(module, bound, 100)
    row = imports.run(sample)
    assert row["status"] == "completed"
    assert imports.dump() == expected


def test_the_same_file_again_is_all_unchanged(imports, sample):
    first = imports.run(sample)
    before = imports.connection.execute("select id, xmin::text from atendimento order by id").fetchall()
    again = imports.run(sample)
    assert counts(again) == {
        "read": first["rows_read"],
        "unchanged": first["rows_inserted"],
        "superseded": first["rows_superseded"],
        "rejected": first["rows_rejected"],
    }
    assert imports.connection.execute("select id, xmin::text from atendimento order by id").fetchall() == before


def test_rows_in_any_order_give_the_same_tables(imports, lines):
    imports.run(lines(ANA, BIA, CAIO))
    expected = imports.dump()
    imports.truncate()
    imports.run(lines(CAIO, ANA, BIA))
    assert imports.dump() == expected


@pytest.mark.parametrize("stored", [False, True])
def test_of_two_rows_with_one_id_the_last_line_wins(imports, lines, stored):
    if stored:
        imports.run(lines(CAIO))
    first = ANA.replace("Ana", "Ana Antes").replace("29/06/2021", "28/06/2021")
    row = imports.run(lines(first, BIA, ANA))
    assert counts(row) == {"read": 3, "inserted": 2, "superseded": 1}
    assert records(imports)[1][1] == "Ana"
    days = [(str(r[0]), r[1], r[2]) for r in imports.dump()["angel_day"] if r[1].startswith("Ana")]
    assert days == [("2021-06-29", "Ana", 1)]


def test_a_stored_record_that_differs_is_updated(imports, lines):
    imports.run(lines(ANA, BIA, CAIO))
    changed = BIA.replace(";-", ";01/07/2021 08:00")
    row = imports.run(lines(ANA, changed, CAIO))
    assert counts(row) == {"read": 3, "updated": 1, "unchanged": 2}
    assert records(imports)[2][3:6] == (datetime(2021, 6, 30, 23, 59, 59), datetime(2021, 7, 1, 8), "done")
    assert imports.connection.execute("select id from atendimento where import_id = %s", (row["id"],)).fetchall() == [
        (2,)
    ]


@pytest.mark.parametrize(
    "changed",
    [
        ANA.replace("1;10", "1;11"),
        ANA.replace("Ana", "Bia"),
        ANA.replace("BA - FEIRA DE SANTANA", "SP - CAMPINAS"),
        ANA.replace("30/06/2021", "01/07/2021"),
        ANA.replace("12:57:19", "12:57:20"),
        ANA.replace("29/06/2021 12:57:19", "-"),
    ],
)
def test_a_difference_in_any_column_is_an_update(imports, lines, changed):
    imports.run(lines(ANA, BIA))
    assert counts(imports.run(lines(changed, BIA))) == {"read": 2, "updated": 1, "unchanged": 1}
    stored_as_the_oracle_says(imports, lines(changed, BIA).encode())


def test_mode_insert_leaves_stored_records_alone(imports, lines):
    imports.run(lines(ANA))
    row = imports.run(lines(ANA.replace("Ana", "Zoe"), BIA), mode="insert")
    assert counts(row) == {"read": 2, "inserted": 1, "unchanged": 1}
    assert records(imports)[1][1] == "Ana"
    assert ("Zoe",) not in imports.dump()["angel"]


@pytest.mark.parametrize("stored", [False, True])
def test_a_dry_run_counts_and_changes_nothing(imports, lines, stored):
    if stored:
        imports.run(lines(ANA))
    before = imports.dump()
    row = imports.run(lines(ANA, BIA, "x"), dry_run=True)
    expected = (
        {"read": 3, "inserted": 1, "unchanged": 1, "rejected": 1}
        if stored
        else {
            "read": 3,
            "inserted": 2,
            "rejected": 1,
        }
    )
    assert (row["status"], counts(row)) == ("completed", expected)
    assert imports.dump() == before
    assert len(imports.rejections(row["id"])) == 1


@pytest.mark.parametrize("stored", [False, True])
def test_a_rejected_row_leaves_no_angel_polo_or_cliente(imports, lines, stored):
    if stored:
        imports.run(lines(BIA))
    row = imports.run(lines(CAIO, "9;99;Rejeitada;XX - NADA;30/06/2021;ontem"))
    assert counts(row)["rejected"] == 1
    dump = imports.dump()
    assert ("Rejeitada",) not in dump["angel"]
    assert "XX - NADA" not in {nome for nome, _ in dump["polo"]}
    assert 99 not in {row[0] for row in dump["cliente"]}


@pytest.mark.parametrize("stored", [False, True])
def test_a_superseded_row_leaves_no_angel_polo_or_cliente(imports, lines, stored):
    imports.run("id_cliente;nome;email;telefone\n98;Stored;;\n", kind="clientes")
    if stored:
        imports.run(lines(BIA))
    before = "1;99;Superada;XX - NADA;30/06/2021;30/06/2021", "3;98;Superada;XX - NADA;30/06/2021;30/06/2021"
    again = "2;99;Superada;SP - CAMPINAS;30/06/2021;-"
    row = imports.run(lines(*before, again, BIA, ANA, CAIO))
    assert counts(row)["superseded"] == 3
    dump = imports.dump()
    assert dump["angel"] == [("Ana",), ("Bia",), ("Caio",)]
    assert dump["polo"] == [("BA - FEIRA DE SANTANA", "BA"), ("SP - CAMPINAS", "SP")]
    assert dump["cliente"] == [(10, None, None, None), (20, None, None, None), (98, "Stored", None, None)]


@pytest.mark.parametrize("stored", [False, True])
def test_an_angel_polo_and_cliente_of_a_superseded_row_stay_where_another_row_names_them(imports, lines, stored):
    if stored:
        imports.run(lines(BIA))
    imports.run(lines("2;10;Ana;BA - FEIRA DE SANTANA;30/06/2021;-", ANA, BIA))
    dump = imports.dump()
    assert dump["angel"] == [("Ana",), ("Bia",)]
    assert dump["cliente"] == [(10, None, None, None), (20, None, None, None)]


def test_a_cancelled_record_stays_cancelled_until_its_visit_changes(imports, lines):
    imports.run(lines(ANA, BIA))
    imports.connection.execute("update atendimento set status = 'cancelled'")
    row = imports.run(lines(ANA.replace("30/06/2021", "02/07/2021"), BIA))
    assert counts(row) == {"read": 2, "updated": 1, "unchanged": 1}
    assert records(imports)[1][5] == "cancelled"
    imports.run(lines(ANA.replace("12:57:19", "13:00:00"), BIA.replace(";-", ";30/06/2021")))
    assert (records(imports)[1][5], records(imports)[2][5]) == ("done", "done")


def test_a_deleted_record_that_comes_again_is_restored(imports, lines):
    imports.run(lines(ANA))
    imports.connection.execute("update atendimento set deleted_at = %s", (datetime.now(UTC),))
    assert imports.dump()["angel_day"] == []
    assert counts(imports.run(lines(ANA))) == {"read": 1, "updated": 1}
    assert records(imports)[1][6] is None
    assert len(imports.dump()["angel_day"]) == 1


def test_known_angels_polos_and_clientes_are_not_made_again(imports, lines):
    imports.connection.execute("insert into angel (nome) values ('Zoe'), ('Ana')")
    imports.connection.execute("insert into polo (nome) values ('SP - CAMPINAS')")
    imports.connection.execute("insert into cliente (id, nome) values (20, 'Maria'), (77, 'José')")
    row = imports.run(lines(ANA, BIA, CAIO))
    assert (row["status"], "copy" in row["timings"]) == ("completed", True)
    dump = imports.dump()
    assert [r[0] for r in dump["angel"]] == ["Ana", "Bia", "Caio", "Zoe"]
    assert [r[:2] for r in dump["cliente"]] == [(10, None), (20, "Maria"), (77, "José")]
    imports.connection.execute("insert into angel (nome) values ('depois')")


def test_a_header_alone_completes_with_no_rows(imports):
    row = imports.run(HEADER)
    assert (row["status"], counts(row)) == ("completed", {})


def test_cp1252_whose_only_letter_comes_late_loads_each_row_once(imports, lines):
    data = lines(*(f"{n};10;Ana;P;30/06/2021;-" for n in range(1, 80_000)), "80000;10;João;P;30/06/2021;-")
    row = imports.run(data.encode("cp1252"))
    assert counts(row) == {"read": 80_000, "inserted": 80_000}
    assert records(imports)[80_000][1] == "João"


def test_a_file_that_can_not_be_this_file_fails_with_a_sentence(imports, lines):
    imports.run(lines(ANA))
    before = imports.dump()
    row = imports.run("id_atendimento;angel\n1;Ana\n")
    assert (row["status"], counts(row)) == ("failed", {})
    assert "missing: id_cliente, polo, data_limite, data_de_atendimento" in row["error"]
    assert imports.dump() == before


def test_the_schema_is_the_same_after_a_first_load(imports, lines):
    imports.connection.execute("create role report_reader")
    imports.connection.execute("grant select on atendimento to report_reader")
    try:
        before = imports.schema()
        assert "copy" in imports.run(lines(ANA, BIA))["timings"]
        after = imports.schema()
    finally:
        imports.connection.execute("drop owned by report_reader; drop role report_reader")
    assert after == before


def test_a_reader_that_holds_the_table_for_long_does_not_hold_up_a_first_load(imports, lines, settings):
    from src.database import database_url

    with psycopg.connect(database_url(settings)) as reader:
        reader.execute("select count(*) from atendimento")
        row = imports.run(lines(ANA, BIA))
    assert (row["status"], counts(row)) == ("completed", {"read": 2, "inserted": 2})
    assert "stage" in row["timings"]


@pytest.mark.parametrize("kind", ["atendimentos", "clientes"])
def test_an_import_leaves_no_table_or_schema_of_its_own(imports, lines, kind):
    imports.run(lines(ANA, ANA) if kind == "atendimentos" else "1;Ana;a@b.co;9\n", kind=kind)
    imports.run(lines(ANA, BIA, BIA) if kind == "atendimentos" else "1;Ana;a@b.co;8\n", kind=kind)
    left = imports.connection.execute(
        "select oid::regclass::text from pg_class where relnamespace <> 'public'::regnamespace and relkind = 'r'"
        " and (relname like 'import\\_%' or relname like 'cliente%') or relname like '%beside'"
    ).fetchall()
    assert left == []
    assert imports.connection.execute("select nspname from pg_namespace where nspname like 'import%'").fetchall() == []
