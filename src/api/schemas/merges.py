"""Schemas of merges and of former names."""

from __future__ import annotations

from marshmallow import Schema, fields

from src.api.schemas.catalogues import AngelRecordSchema, PoloRecordSchema
from src.api.schemas.lists import ListArguments, PageSchema, order_by
from src.api.schemas.values import Id, local_time

FORMER = "Beatris Nogueira Sales"
PAGE = {"data": [{"id": 9, "nome": FORMER, "created_at": "2021-07-01T08:00:00"}], "next": None, "prev": None}


class MergeSchema(Schema):
    """The one that stays."""

    into = Id(required=True, metadata={"description": "The id of the one that gets the atendimentos."})


class AliasNameSchema(Schema):
    """A former name."""

    id = fields.Integer(required=True)
    nome = fields.String(required=True)


class AliasSchema(AliasNameSchema):
    """A former name as it is stored."""

    created_at = local_time()


class AliasPageSchema(PageSchema):
    """A page of former names."""

    data = fields.List(fields.Nested(AliasSchema), required=True)


class AliasListArguments(ListArguments):
    """Which former names are wanted."""

    order_by = order_by("id", "nome", "created_at")


class MergeResultSchema(Schema):
    """What a merge has done."""

    alias = fields.Nested(AliasNameSchema, required=True, metadata={"description": "The name of the one that is gone."})
    moved = fields.Integer(required=True, metadata={"description": "Atendimentos that have changed hands."})


class AngelMergedSchema(MergeResultSchema, AngelRecordSchema):
    """The angel that stays, and what became of the other."""


class PoloMergedSchema(MergeResultSchema, PoloRecordSchema):
    """The polo that stays, and what became of the other."""
