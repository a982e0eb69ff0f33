"""What no schema can say: where Schemathesis means a request to be valid, it is made so here."""

from __future__ import annotations

import os
import re
from typing import Any

import schemathesis

# Nobody has this id.
NOBODY = 10**17

FILES = {
    "atendimentos": "id_atendimento;id_cliente;angel;polo;data_limite;data_de_atendimento\n1;2;A;BA - B;30/06/2021;-\n",
    "clientes": "id_cliente;nome;email;telefone\n2;Maria Souza;maria.souza@example.org;\n",
}


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: dict[str, Any]) -> None:
    """Make a request that is meant to be valid so, by the rules that are beyond a schema."""
    _spare_oneself(case)
    if not case.meta or not case.meta.generation.mode.is_positive:
        return
    # Only the server knows what is a cursor, an ETag of now, or a key that nobody has used.
    (case.query or {}).pop("cursor", None)
    for name in ("If-Match", "Idempotency-Key"):
        (case.headers or {}).pop(name, None)
    _in_order(case.query or {})
    _one_of_each(case.query or {})
    if case.media_type not in (None, "application/json"):
        _with_a_csv(case)
    elif isinstance(case.body, dict):
        _consistent(case.body, case.path)


def _spare_oneself(case: Any) -> None:
    """Let nobody change or remove the user whose session all calls are made with."""
    parameters = case.path_parameters or {}
    if case.method != "GET" and str(parameters.get("user_id")) == os.environ["TESTER_ID"]:
        parameters["user_id"] = NOBODY


def _in_order(query: dict[str, Any]) -> None:
    for name in {"start_date", "end_date"} & query.keys():
        # A period has at most 250 years, and the bound that is not given is the data's; 29 February stays a day.
        query[name] = f"20{query[name][2:]}"
    if {"start_date", "end_date"} <= query.keys():
        query["start_date"], query["end_date"] = sorted((query["start_date"], query["end_date"]))


def _one_of_each(query: dict[str, Any]) -> None:
    for name, other in (("limit", "per_page"), ("page", "offset"), ("from", "to")):
        if name in query:
            query.pop(other, None)


def _with_a_csv(case: Any) -> None:
    clientes = "clientes" in case.path or (case.query or {}).get("kind") == "clientes"
    file = FILES["clientes" if clientes else "atendimentos"]
    case.body = {"file": file} if case.media_type == "multipart/form-data" else file


def _consistent(body: dict[str, Any], path: str) -> None:
    for record in body["data"] if isinstance(body.get("data"), list) else [body]:
        if isinstance(record, dict):
            record.pop("status", None)  # the visit may contradict it
            for name in {"data_limite", "data_de_atendimento"} & record.keys():
                # No visit is made after tomorrow, and none before 2000; a year that has 29 February.
                record[name] = record[name] and re.sub(r"^\d{4}", "2020", record[name])
            for other_name in ("id_cliente",) if "clientes" in path else ("id_atendimento", "cliente_id"):
                record.pop(other_name, None)
            if "{" in path or "data" in body:
                record.pop("id", None)  # another's than the path's, or twice the same
    body.pop("expires_at", None)  # only a clock knows what is still to come
    if path.endswith("/login"):
        body.pop("email", None)
        body |= {"username": "tester", "password": os.environ["TESTER_PASSWORD"]}
    if path.endswith("/password"):
        body |= dict.fromkeys(("current_password", "new_password"), os.environ["TESTER_PASSWORD"])
    elif "password" in body and not path.endswith("/login"):
        body["password"] = "four words of mine"  # not of one character only, which no pattern says
