"""Former names of angels and polos, and their merges: the same calls for both."""

from __future__ import annotations

from typing import Any

from flask import Response

from src.api import records
from src.api.blueprints import Blueprint
from src.api.guard import requires
from src.api.paging import page_response
from src.api.responses import json_response
from src.api.schemas import merges as schemas
from src.api.schemas.lists import wanted
from src.repositories.aliases import NamedKind
from src.repositories.lists import Document
from src.services import aliases, catalogues
from src.services.merges import merge_entries


def add_merging(
    blueprint: Blueprint, kind: NamedKind, stored: Document, result: type[schemas.MergeResultSchema]
) -> None:
    """Add the calls to the blueprint of a kind; `stored` is the example of one, `result` the schema of a merged one."""
    path = f"/{kind}s/{records.ID.format(f'{kind}_id')}"
    _add_merge(blueprint, kind, path, stored, result)
    _add_aliases(blueprint, kind, path)


def _add_merge(
    blueprint: Blueprint, kind: NamedKind, path: str, stored: Document, result: type[schemas.MergeResultSchema]
) -> None:
    example = {**stored, "alias": {"id": 9, "nome": schemas.FORMER}, "moved": 40}

    @blueprint.route(f"{path}/merge", endpoint=f"merge_{kind}", methods=["POST"])
    @requires("admin")
    @blueprint.arguments(schemas.MergeSchema(), example={"into": stored["id"]})
    @records.key_documented
    @blueprint.alt_response(404, "NOT_FOUND")
    @blueprint.response(200, result, example=example)
    @records.saying(f"Give one {kind}'s atendimentos to another {kind}, which keeps its name as an alias.")
    def merge(fields: dict[str, Any], **ids: int) -> Response:
        merged = ids[f"{kind}_id"]
        request = records.idempotent(f"merge_{kind} {merged}", fields)
        return json_response(merge_entries(kind, merged, fields["into"], request))


def _add_aliases(blueprint: Blueprint, kind: NamedKind, path: str) -> None:
    @blueprint.route(f"{path}/aliases", endpoint=f"list_{kind}_aliases")
    @requires("read")
    @blueprint.arguments(schemas.AliasListArguments(), location="query")
    @blueprint.alt_response(404, "NOT_FOUND")
    @blueprint.response(200, schemas.AliasPageSchema, example=schemas.PAGE, headers={"Link": "Link"})
    @records.saying(f"List the former names of one of the {kind}s: files, requests and filters may still use them.")
    def list_aliases(arguments: dict[str, Any], **ids: int) -> Response:
        entry_id = ids[f"{kind}_id"]
        catalogues.show_entry(kind, entry_id)
        found, page = aliases.list_aliases(kind, wanted(arguments | {"of": entry_id}))
        return page_response(page, found)

    @blueprint.route(
        f"{path}/aliases/{records.ID.format('alias_id')}", endpoint=f"delete_{kind}_alias", methods=["DELETE"]
    )
    @requires("write")
    @blueprint.alt_response(404, "NOT_FOUND")
    @blueprint.response(204, description="It is deleted.")
    @records.saying(f"Remove a former name of one of the {kind}s: it may be another's from now on.")
    def delete_alias(alias_id: int, **ids: int) -> tuple[str, int]:
        aliases.remove_alias(kind, ids[f"{kind}_id"], alias_id)
        return "", 204
