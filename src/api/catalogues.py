"""Clientes, angels and polos: the same calls for each."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

from flask import Response
from marshmallow import Schema

from src.api import records
from src.api.blueprints import Blueprint
from src.api.guard import requires
from src.api.merges import add_merging
from src.api.responses import json_response
from src.api.schemas import catalogues as schemas
from src.api.schemas.indicators import TotalSchema
from src.api.schemas.lists import wanted
from src.api.schemas.merges import AngelMergedSchema, PoloMergedSchema
from src.repositories.catalogues import Kind
from src.services import catalogues as service


@dataclass(frozen=True, slots=True)
class Catalogue:
    """A kind, the schemas of what is sent and answered about it, and an example of both."""

    kind: Kind
    plural: str
    description: str
    list_arguments: type[Schema]
    page: type[Schema]
    record: type[Schema]
    whole: type[Schema]
    replacement: type[Schema]
    part: type[Schema]
    sent: dict[str, Any]
    stored: dict[str, Any]


def _blueprint(about: Catalogue) -> Blueprint:
    blueprint = Blueprint(about.plural, __name__, description=about.description)
    _add_reads(blueprint, about)
    _add_creation(blueprint, about)
    _add_changes(blueprint, about)
    return blueprint


def _add_reads(blueprint: Blueprint, about: Catalogue) -> None:
    kind, plural, path = about.kind, about.plural, f"/{about.plural}"

    @blueprint.route(path, endpoint=f"list_{plural}")
    @requires("read")
    @blueprint.arguments(about.list_arguments(), location="query")
    @records.list_documented(blueprint, about.page, about.stored)
    @records.saying(f"List {plural}, or download all that match the filters.")
    def list_entries(arguments: dict[str, Any]) -> Response:
        reads = partial(service.list_entries, kind), partial(service.export_entries, kind)
        return records.list_response(arguments, wanted(arguments), *reads)

    @blueprint.route(f"{path}/total", endpoint=f"{plural}_total")
    @requires("read")
    @blueprint.response(200, TotalSchema, example={"total": 573670})
    @records.saying(f"Count the {plural}.")
    def count_entries() -> Response:
        return json_response({"total": service.count_entries(kind)})

    @blueprint.route(_one(about), endpoint=f"show_{kind}")
    @requires("read")
    @records.show_documented(blueprint, about.record, about.stored)
    @records.saying(f"Show one of the {plural}.")
    def show_entry(**ids: int) -> Response:
        return records.record_response(service.show_entry(kind, ids[f"{kind}_id"]))


def _add_creation(blueprint: Blueprint, about: Catalogue) -> None:
    kind = about.kind

    @blueprint.route(f"/{about.plural}", endpoint=f"create_{kind}", methods=["POST"])
    @requires("write")
    @blueprint.arguments(about.whole(), example=about.sent)
    @records.create_documented(blueprint, about.record, about.stored, "ETag", "Location")
    @records.saying(f"Add one to the {about.plural}.")
    def create_entry(fields: dict[str, Any]) -> Response:
        request = records.idempotent(f"create_{kind}", fields)
        return records.created_response(service.add_entry(kind, fields, request))


def _add_changes(blueprint: Blueprint, about: Catalogue) -> None:
    kind, path = about.kind, _one(about)

    def change(fields: dict[str, Any], **ids: int) -> Response:
        return records.record_response(service.change_entry(kind, ids[f"{kind}_id"], fields, records.unchanged))

    @blueprint.route(path, endpoint=f"replace_{kind}", methods=["PUT"])
    @requires("write")
    @blueprint.arguments(about.replacement(), example=about.sent)
    @records.change_documented(blueprint, about.record, about.stored, 409)
    @records.saying(f"Replace one of the {about.plural}; it keeps its atendimentos.")
    def replace_entry(fields: dict[str, Any], **ids: int) -> Response:
        return change(fields, **ids)

    @blueprint.route(path, endpoint=f"change_{kind}", methods=["PATCH"])
    @requires("write")
    @blueprint.arguments(about.part(), example={"nome": about.sent["nome"]})
    @records.change_documented(blueprint, about.record, about.stored, 409)
    @records.saying(f"Change any part of one of the {about.plural}; it keeps its atendimentos.")
    def change_entry(fields: dict[str, Any], **ids: int) -> Response:
        return change(fields, **ids)

    @blueprint.route(path, endpoint=f"delete_{kind}", methods=["DELETE"])
    @requires("write")
    @records.delete_documented(blueprint, 409)
    @records.saying(f"Remove one of the {about.plural} that no atendimento refers to.")
    def delete_entry(**ids: int) -> tuple[str, int]:
        service.delete_entry(kind, ids[f"{kind}_id"], records.unchanged)
        return "", 204


def _one(about: Catalogue) -> str:
    return f"/{about.plural}/{records.ID.format(f'{about.kind}_id')}"


# None of them is in the files, so that the Insomnia workspace can add and delete them wherever it is replayed.
_MARIA = {"nome": "Maria Souza", "email": "maria.souza@example.org", "telefone": "+55 75 99999-0000"}
_BEATRIZ = {"nome": "Beatriz Nogueira Sales"}
_EXEMPLO = {"nome": "MG - VILA DO EXEMPLO"}

clientes = _blueprint(
    Catalogue(
        "cliente",
        "clientes",
        "The clients visited",
        schemas.ClienteListArguments,
        schemas.ClientePageSchema,
        schemas.ClienteRecordSchema,
        schemas.ClienteSchema,
        schemas.ClienteReplacement,
        schemas.ClienteChange,
        sent={"id": 9900000001, **_MARIA},
        stored={"id": 9900000001, **_MARIA, **schemas.TIMES},
    )
)
angels = _blueprint(
    Catalogue(
        "angel",
        "angels",
        "The technicians who make the visits",
        schemas.AngelListArguments,
        schemas.AngelPageSchema,
        schemas.AngelRecordSchema,
        schemas.AngelSchema,
        schemas.AngelSchema,
        schemas.AngelChange,
        sent=_BEATRIZ,
        stored={"id": 12, **_BEATRIZ, **schemas.TIMES},
    )
)
polos = _blueprint(
    Catalogue(
        "polo",
        "polos",
        "The logistics bases",
        schemas.PoloListArguments,
        schemas.PoloPageSchema,
        schemas.PoloRecordSchema,
        schemas.PoloSchema,
        schemas.PoloSchema,
        schemas.PoloChange,
        sent=_EXEMPLO,
        stored={"id": 3, **_EXEMPLO, "uf": "MG", **schemas.TIMES},
    )
)
add_merging(angels, "angel", {"id": 12, **_BEATRIZ, **schemas.TIMES}, AngelMergedSchema)
add_merging(polos, "polo", {"id": 3, **_EXEMPLO, "uf": "MG", **schemas.TIMES}, PoloMergedSchema)
