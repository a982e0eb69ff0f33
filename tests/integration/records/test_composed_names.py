"""What looks the same is the same (rule 11), whether an accent is a character of its own or part of its letter."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from flask import Flask

from tests.integration.imports.conftest import HEADER, Imports, counts, imports
from tests.integration.records.conftest import Api, refused

__all__ = ["imports"]  # the fixture of the imports' tests
pytestmark = pytest.mark.usefixtures("exact_rollups")
JOAO, JOAO_2 = "João Conceição", "Joa\u0303o Conceic\u0327a\u0303o"
POLO, POLO_2 = "SP - SÃO PAULO", "SP - SA\u0303O PAULO"
# A cedilla and a circumflex in the other order, and a letter of three characters.
PAIRS = [
    (JOAO, JOAO_2),
    ("Ç\u0302", "C\u0302\u0327"),
    ("Ǘ", "U\u0308\u0301"),
    ("Å", "\u212b"),
    ("한", "\u1112\u1161\u11ab"),
]


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_a_name_is_one_in_either_form_in_bodies_and_filters(api: Api, one: str, other: str) -> None:
    records = [api.create(angel=each, polo=f"SP - {each}") for each in (other, one, f" {other}\u200b")]
    assert {record["angel"] for record in records} == {one}
    assert [len(api.get(path)["data"]) for path in ("angels", "polos")] == [1, 1]
    ids = [record["id"] for record in records]
    for each in (one, other):
        assert api.ids(angel=each) == api.ids(polo=f"SP - {each}") == ids
        assert api.ids("angels", nome=each) == api.ids("polos", nome=f"SP - {each}") == [1]
        for path in ("indicators/productivity", "indicators/sla/angel", "indicators/sla/polo"):
            for asked in ({"angel": each}, {"polo": f"SP - {each}"}, {"angel": each, "polo": f"SP - {each}"}):
                assert [row["total"] for row in api.get(path, **asked)["data"]] == [3], asked
        refused(api("POST", "angels", {"nome": each}), 409, "nome")
    bia = api.create("angels", nome="Bia")["id"]
    refused(api("PATCH", f"angels/{bia}", {"nome": other}), 409, "nome")
    changed = api("PATCH", f"atendimento/{ids[0]}", {"angel": other}).get_json()
    assert changed["updated_at"] == records[0]["updated_at"]


@pytest.mark.parametrize("loaded", [False, True], ids=["first load", "staged"])
def test_a_name_is_one_in_either_form_in_files(api: Api, imports: Imports, loaded: bool) -> None:
    if loaded:
        imports.run(HEADER + f"99;1;Ana;{POLO};30/06/2021;29/06/2021\n")
    names = [(JOAO, POLO_2), (JOAO_2, POLO), (f'"{JOAO_2}"', POLO_2), (f"  {JOAO_2}", f"{POLO_2}  ")]
    lines = [f"{n};1;{angel};{polo};30/06/2021;29/06/2021\n" for n, (angel, polo) in enumerate(names, 1)]
    lines.append(f"1;1;{JOAO_2};{POLO_2};30/06/2021;28/06/2021\n")
    row = imports.run(HEADER + "".join(lines))
    assert counts(row) == {"read": 5, "inserted": 4, "superseded": 1}
    assert [nome for (nome,) in imports.dump()["angel"]] == ["Ana", JOAO][not loaded :]
    assert [nome for nome, _ in imports.dump()["polo"]] == [POLO]
    assert api.ids(angel=JOAO_2, polo=POLO_2) == [1, 2, 3, 4]
    assert counts(imports.run(HEADER + "".join(lines[1:4]))) == {"read": 3, "unchanged": 3}


def test_an_email_of_a_cliente_is_one_in_either_form(api: Api, imports: Imports) -> None:
    first = api.create("clientes", nome=JOAO_2, email="joa\u0303o@exemplo.br", telefone="1 é")
    assert (first["nome"], first["email"]) == (JOAO, "joão@exemplo.br")
    for each in ("joão@exemplo.br", "joa\u0303o@exemplo.br", "JOA\u0303O@exemplo.br"):
        refused(api("POST", "clientes", {"email": each}), 409, "email")
        assert api.ids("clientes", email=each) == [first["id"]]
    assert api.ids("clientes", nome=JOAO_2) == api.ids("clientes", telefone="1 e\u0301") == [first["id"]]
    known = f"{first['id']};{JOAO_2};joa\u0303o@exemplo.br;1 e\u0301\n"
    file = f"id_cliente;nome;email;telefone\n{known}7;;JOA\u0303O@exemplo.br;\n"
    row = imports.run(file, kind="clientes")
    assert counts(row) == {"read": 2, "unchanged": 1, "rejected": 1}
    assert [found[2] for found in imports.rejections(row["id"])] == ["email_taken"]


@pytest.fixture
def logging_in(api: Api) -> Iterator[Callable[[str], int]]:
    return lambda name: (
        api.client.post(
            "/api/v1/auth/login", json={"email" if "@" in name else "username": name, "password": "four words of mine"}
        ).status_code
    )


def test_a_user_is_one_in_either_form(api: Api, logging_in: Callable[[str], int], app: Flask) -> None:
    sent = {"username": "joa\u0303o", "email": "joa\u0303o@exemplo.br", "password": "four words of mine"}
    user = api.create("users", **sent)
    assert (user["username"], user["email"]) == ("joão", "joão@exemplo.br")
    for name in ("joão", "joa\u0303o", "JOA\u0303O", " joa\u0303o "):
        assert logging_in(name) == logging_in(f"{name.strip()}@exemplo.br") == 200
        assert api.ids("users", username=name) == [user["id"]]
        assert api.ids("users", email=f"{name.strip()}@exemplo.br") == [user["id"]]
    refused(api("POST", "users", {**sent, "username": "joão", "email": None}), 409, "username")
    refused(api("POST", "users", {**sent, "username": "ana"}), 409, "email")
    disabled = app.test_cli_runner().invoke(args=["users", "disable", "joa\u0303o"])
    assert disabled.output == "User joão is disabled.\n"
    logged = api.get("audit-log", actor="the admin")["data"]
    assert {entry["object_id"] for entry in logged if entry["object_type"] == "user"} >= {str(user["id"])}


def test_accents_and_case_still_distinguish(api: Api) -> None:
    for nome in ("João", "Joao", "joão", "JOÃO", "Joäo"):
        api.create("angels", nome=nome)
    assert len(api.get("angels")["data"]) == 5
