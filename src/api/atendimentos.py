"""Atendimentos: listed, shown, registered, changed, deleted."""

from __future__ import annotations

from typing import Any

from flask import Response

from src.api import records
from src.api.blueprints import Blueprint
from src.api.guard import requires
from src.api.schemas import atendimentos as schemas
from src.api.schemas.lists import wanted
from src.services import atendimentos as service

# Arguments are schemas' instances: made anew for each request, a list's cost a tenth of its time.
ID = records.ID.format("atendimento_id")
EXAMPLE = schemas.RECORD_EXAMPLE

_WHOLE_OR_VISIT = {"anyOf": [schemas.AtendimentoSchema, schemas.VisitSchema, schemas.VisitMadeSchema]}
_REPLACEMENT = {
    "required": True,
    "content": {"application/json": {"schema": _WHOLE_OR_VISIT, "example": schemas.EXAMPLE}},
}

atendimentos = Blueprint("atendimentos", __name__, description="The records: visits to clientes")


@atendimentos.route("/atendimento")
@requires("read")
@atendimentos.arguments(schemas.AtendimentoListArguments(), location="query")
@records.list_documented(atendimentos, schemas.AtendimentoPageSchema, EXAMPLE)
def list_atendimentos(arguments: dict[str, Any]) -> Response:
    """List atendimentos, or download all that match the filters."""
    return records.list_response(arguments, wanted(arguments), service.list_atendimentos, service.export_atendimentos)


@atendimentos.route("/atendimento", methods=["POST"])
@requires("write")
@atendimentos.arguments(schemas.AtendimentoSchema(), example=schemas.EXAMPLE)
@records.create_documented(atendimentos, schemas.AtendimentoRecordSchema, EXAMPLE, "ETag", "Location")
def create_atendimento(fields: dict[str, Any]) -> Response:
    """Register an atendimento, and its cliente, angel and polo if they don't exist."""
    request = records.idempotent("create_atendimento", fields)
    return records.created_response(service.register_atendimento(fields, request))


@atendimentos.route("/atendimento/bulk", methods=["POST"])
@requires("write")
@atendimentos.arguments(schemas.AtendimentoBulkSchema(), example={"data": [schemas.EXAMPLE]})
@records.create_documented(atendimentos, schemas.AtendimentosAddedSchema, {"data": [EXAMPLE]}, "ETag")
def create_atendimentos(body: dict[str, Any]) -> Response:
    """Register up to 1,000 atendimentos, all or none; errors are named by `data.<number from 0>.<field>`."""
    request = records.idempotent("create_atendimentos", body)
    return records.record_response({"data": service.register_atendimentos(body["data"], request)}, 201)


@atendimentos.route(f"/atendimento/{ID}")
@requires("read")
@records.show_documented(atendimentos, schemas.AtendimentoRecordSchema, EXAMPLE)
def show_atendimento(atendimento_id: int) -> Response:
    """Show an atendimento."""
    return records.record_response(service.show_atendimento(atendimento_id))


@atendimentos.route(f"/atendimento/{ID}", methods=["PUT"])
@requires("write")
@atendimentos.arguments(schemas.AtendimentoChange())
@atendimentos.doc(requestBody=_REPLACEMENT)
@records.change_documented(atendimentos, schemas.AtendimentoRecordSchema, EXAMPLE)
def replace_atendimento(fields: dict[str, Any], atendimento_id: int) -> Response:
    """Replace an atendimento; its dates alone, or with the status, change only those."""
    return records.record_response(service.replace_atendimento(atendimento_id, fields, records.unchanged))


@atendimentos.route(f"/atendimento/{ID}", methods=["PATCH"])
@requires("write")
@atendimentos.arguments(schemas.AtendimentoChange(), example={"data_de_atendimento": "2021-06-29T12:57:19"})
@records.change_documented(atendimentos, schemas.AtendimentoRecordSchema, EXAMPLE)
def change_atendimento(fields: dict[str, Any], atendimento_id: int) -> Response:
    """Change any part of an atendimento."""
    return records.record_response(service.change_atendimento(atendimento_id, fields, records.unchanged))


@atendimentos.route(f"/atendimento/{ID}", methods=["DELETE"])
@requires("write")
@records.delete_documented(atendimentos)
def delete_atendimento(atendimento_id: int) -> tuple[str, int]:
    """Remove an atendimento; an import that contains it restores it."""
    service.delete_atendimento(atendimento_id, records.unchanged)
    return "", 204
