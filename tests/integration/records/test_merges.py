"""Two spellings of one angel or polo are merged, and former names go on meaning the same."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask

from src.services import merges
from tests.e2e.running import wait_for
from tests.integration.at_once import at_once
from tests.integration.imports.conftest import HEADER, Imports, counts, imports
from tests.integration.indicators.records import Records
from tests.integration.records.conftest import RECORD, Api, refused

__all__ = ["imports"]  # the fixture of the imports' tests
pytestmark = pytest.mark.usefixtures("exact_rollups")
KINDS = [("angels", "angel"), ("polos", "polo")]
# Names that polos may have too.
OLD, NEW, THIRD = "BA - FEIRA", "BA - FEIRA DE SANTANA", "BA - ILHEUS"


def line(number: int, field: str, nome: str, visit: str = "29/06/2021 10:00:00") -> str:
    names = {"angel": "Ana", "polo": THIRD} | {field: nome}
    return f"{number};1;{names['angel']};{names['polo']};30/06/2021;{visit}\n"


def entry(api: Api, path: str, nome: str) -> dict[str, Any]:
    """Return the one of that name, or of that former name."""
    (found,) = api.get(path, nome=nome)["data"]
    return dict(found)


def merge(api: Api, path: str, one: str, into: str) -> dict[str, Any]:
    response = api("POST", f"{path}/{entry(api, path, one)['id']}/merge", {"into": entry(api, path, into)["id"]})
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.get_json()
    return found


def names(api: Api, path: str) -> list[str]:
    return [found["nome"] for found in api.get(path, order_by="nome")["data"]]


def aliases(api: Api, path: str, nome: str) -> list[str]:
    found = api.get(f"{path}/{entry(api, path, nome)['id']}/aliases")
    return [alias["nome"] for alias in found["data"]]


def totals(api: Api, field: str, **asked: str) -> dict[str, int]:
    return {row[field]: row["total"] for row in api.get(f"indicators/sla/{field}", **asked)["data"]}


@pytest.mark.parametrize(("path", "field"), KINDS)
class TestRename:
    """The old name stays as an alias."""

    def test_the_next_file_and_the_next_request_mean_the_same(
        self, api: Api, imports: Imports, path: str, field: str
    ) -> None:
        imports.run(HEADER + line(1, field, OLD) + line(2, field, THIRD))
        renamed = api("PATCH", f"{path}/{entry(api, path, OLD)['id']}", {"nome": NEW}).get_json()
        row = imports.run(HEADER + line(1, field, OLD) + line(3, field, OLD) + line(4, field, NEW))
        assert counts(row) == {"read": 3, "inserted": 2, "unchanged": 1}
        added = api.create(**{field: OLD})
        assert added[field] == NEW
        assert api.get(f"atendimento/{added['id']}") == added
        bulk = api("POST", "atendimento/bulk", {"data": [{**RECORD, field: OLD}, {**RECORD, field: NEW}]}).get_json()
        assert [each[field] for each in bulk["data"]] == [NEW, NEW]
        changed = api("PATCH", "atendimento/2", {field: OLD}).get_json()
        assert changed[field] == NEW
        assert api("PATCH", "atendimento/2", {field: OLD}).get_json() == changed
        assert entry(api, path, OLD) == entry(api, path, NEW) == renamed
        assert len(api.ids(**{field: OLD})) == len(api.ids(**{field: NEW})) == 7
        for asked in ({field: OLD}, {field: NEW}):
            assert totals(api, field, **asked) == {NEW: 7}
        other = {"angel": {"polo": RECORD["polo"]}, "polo": {"angel": RECORD["angel"]}}[field]
        assert totals(api, field, **other, **{field: OLD}) == {NEW: 3}
        assert aliases(api, path, NEW) == [OLD]

    def test_a_first_load_knows_them_too(self, api: Api, imports: Imports, path: str, field: str) -> None:
        renamed = api.create(path, nome=OLD)
        api("PUT", f"{path}/{renamed['id']}", {"nome": NEW})
        body = line(1, field, OLD) + line(2, field, NEW) + line(3, field, THIRD) + line(2, field, OLD, "-")
        row = imports.run(HEADER + body + line(3, field, OLD))
        assert counts(row) == {"read": 5, "inserted": 3, "superseded": 2}
        assert names(api, path) == [NEW]
        assert api.ids(**{field: OLD}) == [1, 2, 3]
        again = line(1, field, NEW) + line(2, field, OLD, "-") + line(3, field, NEW)
        assert counts(imports.run(HEADER + again)) == {"read": 3, "unchanged": 3}

    def test_a_former_name_is_nobody_else_s(self, api: Api, path: str, field: str) -> None:
        one, other = (api.create(path, nome=nome)["id"] for nome in (OLD, THIRD))
        api("PATCH", f"{path}/{one}", {"nome": NEW})
        (alias,) = api.get(f"{path}/{one}/aliases")["data"]
        for response in (api("POST", path, {"nome": OLD}), api("PATCH", f"{path}/{other}", {"nome": OLD})):
            said = refused(response, 409, "nome")["detail"]
            assert f"{field} {one} ({NEW})" in said
            assert f"DELETE /{path}/{one}/aliases/{alias['id']}" in said
        assert api("PATCH", f"{path}/{one}", {"nome": OLD}).get_json()["nome"] == OLD
        assert aliases(api, path, OLD) == [NEW]
        assert api("PATCH", f"{path}/{one}", {"nome": OLD}).status_code == 200
        assert aliases(api, path, OLD) == [NEW]

    def test_an_alias_is_removed_and_its_name_is_free(self, api: Api, path: str, field: str) -> None:
        one = api.create(path, nome=OLD)["id"]
        api("PATCH", f"{path}/{one}", {"nome": NEW})
        (alias,) = api.get(f"{path}/{one}/aliases")["data"]
        other = api.create(path, nome=THIRD)["id"]
        refused(api("DELETE", f"{path}/{other}/aliases/{alias['id']}"), 404)
        assert api("DELETE", f"{path}/{one}/aliases/{alias['id']}").status_code == 204
        refused(api("DELETE", f"{path}/{one}/aliases/{alias['id']}"), 404)
        assert api.get(path, nome=OLD)["data"] == api.get(f"{path}/{one}/aliases")["data"] == []
        assert api.create(path, nome=OLD)["id"] != one
        (written,) = api.get("audit-log", object_type=f"{field}-alias")["data"]
        assert (written["action"], written["before"]["nome"]) == ("delete", OLD)

    def test_aliases_go_with_their_owner(self, api: Api, path: str, field: str) -> None:
        one = api.create(path, nome=OLD)["id"]
        api("PATCH", f"{path}/{one}", {"nome": NEW})
        assert api("DELETE", f"{path}/{one}").status_code == 204
        refused(api("GET", f"{path}/{one}/aliases"), 404)
        assert api.create(**{field: OLD})[field] == OLD


@pytest.mark.parametrize(("path", "field"), KINDS)
class TestMerge:
    def test_records_and_counts_change_hands(self, api: Api, imports: Imports, path: str, field: str) -> None:
        body = "".join(line(n, field, OLD if n <= 3 else NEW, f"{n:02}/06/2021 10:00") for n in range(1, 6))
        imports.run(HEADER + body + line(6, field, OLD, "-") + line(7, field, THIRD, "01/07/2021"))
        api("PATCH", "atendimento/7", {"status": "cancelled"})
        api("DELETE", "atendimento/3")
        before = totals(api, field)
        assert (before[OLD], before[NEW]) == (2, 2)
        kept, gone = entry(api, path, NEW), entry(api, path, OLD)
        answer = merge(api, path, OLD, NEW)
        assert {name: answer[name] for name in ("id", "nome", "moved")} == {"id": kept["id"], "nome": NEW, "moved": 4}
        assert answer["alias"]["nome"] == OLD
        assert names(api, path) == sorted([NEW, THIRD])
        assert totals(api, field)[NEW] == totals(api, field, **{field: OLD})[NEW] == 4
        assert api.ids(**{field: OLD}) == [1, 2, 4, 5, 6]
        refused(api("GET", f"{path}/{gone['id']}"), 404)
        assert aliases(api, path, NEW) == [OLD]
        # What was deleted comes back as the other one's.
        assert counts(imports.run(HEADER + body)) == {"read": 5, "updated": 1, "unchanged": 4}
        assert api.get("atendimento/3")[field] == NEW

    def test_former_names_of_both_go_on_meaning_the_one_that_stays(self, api: Api, path: str, field: str) -> None:
        names_of = [f"BA - {letter}" for letter in "ABCDE"]
        for nome in names_of[:3]:
            api.create(path, nome=nome)
        api("PATCH", f"{path}/1", {"nome": names_of[3]})
        api("PATCH", f"{path}/2", {"nome": names_of[4]})
        merge(api, path, names_of[0], names_of[1])
        merge(api, path, names_of[1], names_of[2])
        assert {entry(api, path, nome)["id"] for nome in names_of} == {3}
        assert sorted(aliases(api, path, names_of[2])) == [names_of[0], names_of[1], names_of[3], names_of[4]]

    def test_an_undo_after_a_merge_brings_former_records_back_to_the_one_that_stays(
        self, api: Api, imports: Imports, path: str, field: str
    ) -> None:
        imports.run(HEADER + line(1, field, OLD) + line(2, field, THIRD))
        second = imports.run(HEADER + line(1, field, NEW, "01/07/2021") + line(3, field, OLD) + line(2, field, NEW))
        merge(api, path, OLD, NEW)
        assert api("POST", f"imports/{second['id']}/undo").status_code == 200
        assert {each["id"]: each[field] for each in api.get("atendimento")["data"]} == {1: NEW, 2: THIRD}
        assert api.get("atendimento/1")["data_de_atendimento"] == "2021-06-29T10:00:00"
        assert entry(api, path, OLD)["nome"] == NEW

    def test_an_undo_leaves_one_that_came_with_the_import_and_has_taken_in_another(
        self, api: Api, imports: Imports, path: str, field: str
    ) -> None:
        api.create(path, nome=OLD)
        row = imports.run(HEADER + line(1, field, NEW))
        merge(api, path, OLD, NEW)
        assert api("POST", f"imports/{row['id']}/undo").status_code == 200
        assert entry(api, path, OLD)["nome"] == NEW

    def test_the_audit_log_tells_how_to_reverse_it(
        self, api: Api, path: str, field: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(merges, "IDS_IN_ENTRY", 2)
        moved = [api.create(**{field: OLD})["id"] for _ in range(5)]
        api.create(path, nome=NEW)
        gone = entry(api, path, OLD)
        alias = merge(api, path, OLD, NEW)["alias"]
        written = api.get("audit-log", action="merge", order_by="id")["data"]
        assert [each["after"]["atendimentos"] for each in written] == [moved[:2], moved[2:4], moved[4:]]
        assert {(each["object_type"], each["object_id"], each["actor"]) for each in written} == {
            (field, str(gone["id"]), "the admin")
        }
        assert written[0]["before"] == gone
        assert (written[0]["after"]["into"]["nome"], written[0]["after"]["moved"]) == (NEW, 5)
        kept = written[0]["after"]["into"]["id"]
        assert f"DELETE /{path}/{kept}/aliases/{alias['id']}" in written[0]["after"]["reverse"]
        # As it says:
        assert api("DELETE", f"{path}/{kept}/aliases/{alias['id']}").status_code == 204
        api.create(path, nome=OLD)
        for each in moved:
            assert api("PATCH", f"atendimento/{each}", {field: OLD}).status_code == 200
        assert totals(api, field) == {OLD: 5}

    def test_what_can_not_be_merged_is_told(self, api: Api, path: str, field: str) -> None:
        one = api.create(path, nome=OLD)["id"]
        refused(api("POST", f"{path}/{one}/merge", {"into": one}), 422, "into")
        refused(api("POST", f"{path}/{one}/merge", {"into": 77}), 422, "into")
        refused(api("POST", f"{path}/{one}/merge", {"into": 2**63 - 1}), 422, "into")
        refused(api("POST", f"{path}/{one}/merge", {}), 422, "into")
        refused(api("POST", f"{path}/77/merge", {"into": one}), 404)
        assert names(api, path) == [OLD]

    def test_a_merge_that_comes_twice_under_one_key_is_done_once(self, api: Api, path: str, field: str) -> None:
        ids = [api.create(path, nome=nome)["id"] for nome in (OLD, NEW)]
        sent = [
            api("POST", f"{path}/{ids[0]}/merge", {"into": ids[1]}, headers={"Idempotency-Key": "k"}) for _ in range(2)
        ]
        assert [each.status_code for each in sent] == [200, 200]
        assert sent[0].get_json() == sent[1].get_json()
        refused(api("POST", f"{path}/{ids[0]}/merge", {"into": ids[1]}), 404)

    def test_only_an_admin_merges(self, api: Api, headers_for: Callable[[str], Any], path: str, field: str) -> None:
        ids = [api.create(path, nome=nome)["id"] for nome in (OLD, NEW)]
        for role, may_remove in (("viewer", 403), ("operator", 204)):
            other = Api(api.client, headers_for(role))
            refused(other("POST", f"{path}/{ids[0]}/merge", {"into": ids[1]}), 403)
            api("PATCH", f"{path}/{ids[1]}", {"nome": THIRD if role == "viewer" else NEW})
            (alias, *_) = other.get(f"{path}/{ids[1]}/aliases")["data"]
            assert other("DELETE", f"{path}/{ids[1]}/aliases/{alias['id']}").status_code == may_remove


@pytest.mark.parametrize(
    ("one", "into", "status"),
    [("SP - FEIRA", "BA - FEIRA", 422), ("FEIRA", "BA - FEIRA", 200), ("BA - FEIRA", "FEIRA", 200)],
)
def test_polos_of_different_states_are_not_merged(api: Api, one: str, into: str, status: int) -> None:
    ids = [api.create("polos", nome=nome)["id"] for nome in (one, into)]
    response = api("POST", f"polos/{ids[0]}/merge", {"into": ids[1]})
    assert response.status_code == status
    assert status == 200 or "different states" in response.get_json()["detail"]


@pytest.mark.parametrize("change", ["merge", "rename"])
def test_an_import_that_waits_for_a_change_of_a_name_knows_it(
    api: Api, imports: Imports, records: Records, api_of_thread: Callable[[], Api], change: str
) -> None:
    """The import has read its file, with the old name, when the change comes; and merges behind it."""
    imports.run(HEADER + line(1, "angel", OLD) + line(2, "angel", NEW if change == "merge" else THIRD))
    queued, other = imports.queue(HEADER + line(3, "angel", OLD)), api_of_thread()
    one = entry(api, "angels", OLD)["id"]
    waiting = "select count(*) from pg_locks where locktype = 'advisory' and objid = 1 and not granted"

    def send() -> int:
        if change == "rename":
            return int(other("PATCH", f"angels/{one}", {"nome": NEW}).status_code)
        return int(other("POST", f"angels/{one}/merge", {"into": entry(api, "angels", NEW)["id"]}).status_code)

    with ThreadPoolExecutor(2) as pool:
        with records.connection.transaction():
            records.execute("select pg_advisory_xact_lock_shared(7012, 1)")
            changed = pool.submit(send)
            wait_for(lambda: records.execute(waiting).fetchone() == (1,))
            imported = pool.submit(imports.run_queued, queued)
            wait_for(lambda: records.execute(waiting).fetchone() == (2,))
        assert changed.result(60) == 200
        assert counts(imported.result(60)) == {"read": 1, "inserted": 1}
    assert api.get("atendimento/3")["angel"] == NEW
    assert OLD not in names(api, "angels")


def test_any_mix_of_merges_renames_and_writers_leaves_exact_rollups(
    app: Flask, api: Api, imports: Imports, api_of_thread: Callable[[], Api]
) -> None:
    spellings = [f"BA - {letter}" for letter in "ABCD"]
    imports.run(HEADER + "".join(line(n, "angel", spellings[n % 4]) for n in range(1, 41)))
    apis = [api_of_thread() for _ in range(4)]
    files = [[line(n, "angel", spellings[n % 4], "28/06/2021") for n in range(start, start + 40)] for start in (20, 40)]
    queued = [imports.queue(HEADER + "".join(each)) for each in files]

    def work(number: int) -> set[int]:
        mine = apis[number]
        if number == 0:
            return {imports.run_queued(each)["status"] == "completed" for each in queued}
        if number == 1:
            ids = mine.ids("angels", order_by="nome")
            statuses = {mine("POST", f"angels/{ids[k]}/merge", {"into": ids[3]}).status_code for k in range(2)}
            return statuses | {mine("PATCH", f"angels/{ids[3]}", {"nome": f"BA - {n}"}).status_code for n in range(5)}
        sent = [{**RECORD, "angel": spellings[k % 4]} for k in range(12)]
        statuses = {mine("POST", "atendimento", each).status_code for each in sent}
        return statuses | {
            mine("PATCH", f"atendimento/{k}", {"angel": spellings[k % 4]}).status_code for k in range(1, 13)
        }

    assert at_once(4, work) == [{True}, {200}, {200, 201}, {200, 201}]
    # A, B and D are one by now, under its newest name; C is itself.
    assert names(api, "angels") == ["BA - 4", "BA - C"]
    assert api.get("atendimento/total") == {"total": 79 + 24}
    assert sum(totals(api, "angel").values()) == 79 + 24
    assert all(each["angel"] == "BA - C" for each in api.get("atendimento", angel="BA - C")["data"])


def test_no_id_of_an_address_is_too_large_for_an_alias(api: Api) -> None:
    for plural in ("angels", "polos"):
        owner = api.create(plural, nome="SP - SANTOS")["id"]
        for own, alias in ((owner, 2**31), (owner, 999_999_999_999_999_999), (999_999_999_999_999_999, 1)):
            assert api("DELETE", f"{plural}/{own}/aliases/{alias}").status_code == 404
