"""Undoing an import: what was before comes back exactly, or it is refused and nothing happens."""

from __future__ import annotations

import random

import psycopg
import pytest

from src.database import database_url
from src.repositories.staging import MERGE_GATE
from src.repositories.verify import fetch_differences
from src.services.sweep import sweep
from tests.integration.imports.conftest import counts

ANA = "1;10;Ana;BA - FEIRA DE SANTANA;30/06/2021;29/06/2021 12:57:19"
BIA = "2;20;Bia;SP - SANTOS;30/06/2021;01/07/2021 08:00:00"
CLIENTES = "id_cliente;nome;email;telefone\n"
WRITTEN = "select id, import_id, created_at, updated_at, deleted_at from atendimento order by id"


@pytest.fixture
def undo(client, auth_headers):
    """Ask for an import to be undone, as an admin."""
    return lambda row: client.post(f"/api/v1/imports/{row['id']}/undo", headers=auth_headers)


@pytest.fixture
def exact(imports):
    """All that an undo has to bring back, also what says when and by which import; the rollups are verified."""

    def look():
        with imports.connection.cursor() as cursor:
            assert [fetch_differences(cursor, group, 5) for group in ("angel", "polo")] == [(0, [])] * 2
        return imports.dump(), imports.connection.execute(WRITTEN).fetchall()

    return look


def history(imports) -> int:
    query = "select (select count(*) from import_history) + (select count(*) from import_history_cliente)"
    return imports.connection.execute(query).fetchone()[0]


def test_former_values_come_back_and_new_records_with_all_that_came_along_go(imports, lines, undo, exact):
    imports.run(lines(ANA, BIA, "3;30;Caio;SP - SANTOS;30/06/2021;-", "4;40;Davi;SP - SANTOS;30/06/2021;-"))
    imports.connection.execute("update atendimento set deleted_at = now(), updated_at = now() where id = 3")
    imports.connection.execute("update atendimento set status = 'cancelled', updated_at = now() where id = 4")
    before = exact()
    row = imports.run(
        lines(
            ANA,
            BIA.replace("Bia", "Eva").replace("01/07", "05/08"),
            "3;31;Caio;RJ - NITEROI;30/06/2021;-",
            "4;40;Davi;SP - SANTOS;30/06/2021;30/06/2021",
            "5;50;Fabio;RJ - NITEROI;30/06/2021;29/06/2021",
        )
    )
    assert counts(row) == {"read": 5, "inserted": 1, "updated": 3, "unchanged": 1}
    assert history(imports) == 3
    answer = undo(row)
    assert (answer.status_code, answer.json["status"], answer.json["undoable"]) == (200, "undone", False)
    assert answer.json["rows"]["updated"] == 3
    assert exact() == before
    assert history(imports) == 0


def test_a_first_load_is_undone_without_a_row_of_history(imports, lines, undo, exact):
    empty = exact()
    row = imports.run(lines(ANA, BIA, ANA.replace("Ana", "Eva"), "x"))
    assert counts(row) == {"read": 4, "inserted": 2, "superseded": 1, "rejected": 1}
    assert history(imports) == 0
    assert undo(row).status_code == 200
    assert exact() == empty
    again = imports.run(lines(ANA))
    assert counts(again) == {"read": 1, "inserted": 1}


def test_what_other_records_name_by_now_stays(imports, lines, undo, exact):
    first = imports.run(lines(ANA))
    imports.run(lines(ANA.replace("1;", "2;", 1)))
    assert undo(first).status_code == 200
    dump, _ = exact()
    assert [row[0] for row in dump["atendimento"]] == [2]
    assert dump["angel"] == [("Ana",)]
    assert dump["cliente"] == [(10, None, None, None)]


@pytest.mark.parametrize("change", ["patch", "delete", "import"])
@pytest.mark.parametrize("written", ["inserted", "updated"])
def test_a_later_change_is_in_the_way(imports, lines, undo, exact, client, auth_headers, change, written):
    imports.run(lines(BIA) if written == "inserted" else lines(ANA, BIA))
    changed = ANA.replace("29/06", "28/06")
    row = imports.run(lines(changed))
    assert row[f"rows_{written}"] == 1
    if change == "patch":
        client.patch("/api/v1/atendimento/1", json={"angel": "Gil"}, headers=auth_headers)
    elif change == "delete":
        client.delete("/api/v1/atendimento/1", headers=auth_headers)
    else:
        imports.run(lines(changed.replace("Ana", "Gil")))
    after = exact()
    answer = undo(row)
    assert answer.status_code == 409
    assert answer.json["type"] == "urn:problem-type:import-not-undoable"
    assert "1 of the 1 records" in answer.json["detail"]
    assert exact() == after
    assert imports.row(row["id"])["status"] == "completed"


def test_imports_are_undone_one_after_the_other_the_last_one_first(imports, lines, undo, exact):
    states, rows = [exact()], []
    for day in (27, 28, 29):
        rows.append(imports.run(lines(ANA.replace("29/06", f"{day}/06"), f"{day};1;Ana;SP - SANTOS;30/06/2021;-")))
        states.append(exact())
    assert undo(rows[1]).status_code == 409
    for row, state in zip(reversed(rows), reversed(states[:-1]), strict=True):
        assert undo(row).status_code == 200
        assert exact() == state


def test_an_undone_file_is_taken_anew(imports, lines, undo, client, auth_headers):
    file = lines(ANA).encode()

    def send():
        return client.post("/api/v1/imports", data=file, content_type="text/csv", headers=auth_headers)

    first = send().json
    imports.run_queued(first["id"])
    assert send().json["id"] == first["id"]
    assert undo(first).status_code == 200
    again = send()
    assert (again.status_code, again.json["id"] != first["id"]) == (202, True)
    assert counts(imports.run_queued(again.json["id"])) == {"read": 1, "inserted": 1}


def test_only_a_completed_import_that_wrote_is_undone_and_only_once(imports, lines, undo, exact):
    failed = imports.run("nothing of use\n")
    dry = imports.run(lines(ANA), dry_run=True)
    queued = imports.row(imports.queue(lines(ANA)))
    done = imports.run(lines(ANA))
    assert undo(done).status_code == 200
    for row in (failed, dry, queued, done):
        assert undo(row).status_code == 409, row["status"]
    assert undo({"id": 10**6}).status_code == 404


def test_only_an_admin_may(imports, lines, client, headers_for):
    row = imports.run(lines(ANA))
    assert client.post(f"/api/v1/imports/{row['id']}/undo", headers=headers_for("operator")).status_code == 403


def test_the_history_is_kept_for_a_while(imports, lines, undo):
    imports.run(lines(ANA))
    rows = [imports.run(lines(ANA.replace("29/06", f"{day}/06"))) for day in (1, 2)]
    long_ago = "update import set finished_at = now() - interval '31 days' where id < %s"
    imports.connection.execute(long_ago, [rows[1]["id"]])
    with imports.app.app_context():
        sweep()
    assert history(imports) == 1
    assert undo(rows[1]).status_code == 200
    answer = undo(rows[0])
    assert (answer.status_code, "30 days" in answer.json["detail"]) == (409, True)


def test_a_name_that_was_deleted_since_is_in_the_way(imports, lines, undo, exact, client, auth_headers):
    imports.run(lines(ANA))
    row = imports.run(lines(ANA.replace("Ana", "Eva")))
    (ana,) = imports.connection.execute("select id from angel where nome = 'Ana'").fetchone()
    assert client.delete(f"/api/v1/angels/{ana}", headers=auth_headers).status_code == 204
    after = exact()
    answer = undo(row)
    assert (answer.status_code, "deleted since" in answer.json["detail"]) == (409, True)
    assert exact() == after


def test_an_undo_waits_for_no_import_for_long(imports, lines, undo, settings):
    row = imports.run(lines(ANA))
    with psycopg.connect(database_url(settings)) as other:
        other.execute("select pg_advisory_xact_lock(%s, %s)", MERGE_GATE)
        answer = undo(row)
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert undo(row).status_code == 200


def test_clientes_get_their_former_values_back_also_swapped_e_mails(imports, undo):
    imports.run(CLIENTES + "1;Ana;a@x.br;1\n2;Bia;b@x.br;2\n3;Caio;;\n", kind="clientes")
    before = imports.dump()
    row = imports.run(CLIENTES + "1;Ana;b@x.br;1\n2;Bia;a@x.br;2\n3;Caio;;\n4;Davi;d@x.br;\n", kind="clientes")
    assert counts(row) == {"read": 4, "inserted": 1, "updated": 2, "unchanged": 1}
    assert undo(row).status_code == 200
    assert imports.dump() == before
    assert history(imports) == 0


def test_clientes_with_atendimentos_or_an_e_mail_given_away_are_not_undone(imports, lines, undo, client, auth_headers):
    first = imports.run(CLIENTES + "10;Ana;a@x.br;\n", kind="clientes")
    second = imports.run(CLIENTES + "10;Ana;b@x.br;\n", kind="clientes")
    assert "changed since" in undo(first).json["detail"]
    client.post("/api/v1/clientes", json={"id": 11, "nome": "Bia", "email": "a@x.br"}, headers=auth_headers)
    assert "e-mail" in undo(second).json["detail"]
    client.delete("/api/v1/clientes/11", headers=auth_headers)
    assert undo(second).status_code == 200
    imports.run(lines(ANA))
    answer = undo(first)
    assert (answer.status_code, "atendimentos" in answer.json["detail"]) == (409, True)


def test_any_import_over_any_records_is_undone(imports, lines, undo, exact):
    draw = random.Random(7)
    for _ in range(4):

        def row(number):
            visit = draw.choice(["-", f"{draw.randint(1, 28):02}/0{draw.randint(1, 9)}/2021 10:00"])
            names = f"{draw.randint(1, 9)};A {draw.randint(1, 12)};SP - {draw.randint(1, 4)}"
            return f"{number};{names};{draw.randint(1, 28):02}/06/2021;{visit}"

        imports.run(lines(*(row(draw.randint(1, 40)) for _ in range(30))))
        before = exact()
        last = imports.run(lines(*(row(draw.randint(1, 60)) for _ in range(50))))
        assert undo(last).status_code == 200
        assert exact() == before
