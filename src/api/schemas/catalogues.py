"""Schemas of clientes, angels and polos."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields, pre_load

from src.api.schemas.lists import PageSchema, RecordListArguments, order_by
from src.api.schemas.texts import SoughtName, Text
from src.api.schemas.values import (
    EMAIL_OR_EMPTY,
    ClienteValue,
    GivenId,
    Id,
    NewNome,
    Nome,
    local_time,
    under_one_name,
)

UNKNOWN = "Null or empty: unknown."
TIMES = {"created_at": "2021-07-01T08:00:00", "updated_at": "2021-07-01T08:00:00"}


class ClienteChange(Schema):
    """Any part of a cliente."""

    id = Id(metadata={"description": "The cliente's own. `id_cliente` is the same.", "example": 528921976})
    id_cliente = Id(metadata={"description": "The id, as the file calls it."})
    nome = ClienteValue(allow_none=True, metadata={"description": UNKNOWN, "example": "Maria Souza"})
    email = ClienteValue(
        allow_none=True, metadata={"description": UNKNOWN, "example": "maria.souza@example.org", **EMAIL_OR_EMPTY}
    )
    telefone = ClienteValue(allow_none=True, metadata={"description": UNKNOWN, "example": "+55 75 99999-0000"})

    @pre_load
    def _name_of_the_file(self, data: Any, **_: Any) -> Any:
        return under_one_name(data, "id", "id_cliente")


class ClienteSchema(ClienteChange):
    """A cliente; what is not given is unknown."""

    id = GivenId(
        metadata={"description": "Comes from outside; without one the server assigns it.", "example": 9900000001}
    )
    id_cliente = GivenId(metadata={"description": "The id, as the file calls it."})


class ClienteReplacement(ClienteChange):
    """A whole cliente; what is not given is unknown from now on."""

    nome = ClienteValue(allow_none=True, load_default=None)
    email = ClienteValue(allow_none=True, load_default=None, metadata=EMAIL_OR_EMPTY)
    telefone = ClienteValue(allow_none=True, load_default=None)


class ClienteRecordSchema(Schema):
    """A cliente as it is stored."""

    id = fields.Integer(required=True)
    nome = fields.String(required=True, allow_none=True)
    email = fields.String(required=True, allow_none=True)
    telefone = fields.String(required=True, allow_none=True)
    created_at = local_time()
    updated_at = local_time()


class AngelChange(Schema):
    """Any part of an angel."""

    nome = NewNome(metadata={"example": "Gabriel Pereira Bandoli"})


class AngelSchema(AngelChange):
    """An angel."""

    nome = NewNome(required=True, metadata={"example": "Gabriel Pereira Bandoli"})


class AngelRecordSchema(Schema):
    """An angel as it is stored."""

    id = fields.Integer(required=True)
    nome = fields.String(required=True)
    created_at = local_time()
    updated_at = local_time()


class PoloChange(Schema):
    """Any part of a polo."""

    nome = NewNome(metadata={"example": "BA - FEIRA DE SANTANA"})


class PoloSchema(PoloChange):
    """A polo; its state is in its name."""

    nome = NewNome(required=True, metadata={"example": "BA - FEIRA DE SANTANA"})


class PoloRecordSchema(Schema):
    """A polo as it is stored."""

    id = fields.Integer(required=True)
    nome = fields.String(required=True)
    uf = fields.String(
        required=True, allow_none=True, metadata={"description": "Null: its name is not `UF - CITY`.", "example": "BA"}
    )
    created_at = local_time()
    updated_at = local_time()


class ClientePageSchema(PageSchema):
    """A page of clientes."""

    data = fields.List(fields.Nested(ClienteRecordSchema), required=True)


class AngelPageSchema(PageSchema):
    """A page of angels."""

    data = fields.List(fields.Nested(AngelRecordSchema), required=True)


class PoloPageSchema(PageSchema):
    """A page of polos."""

    data = fields.List(fields.Nested(PoloRecordSchema), required=True)


class ClienteListArguments(RecordListArguments):
    """Which clientes are wanted."""

    order_by = order_by("id", "nome", "email", "telefone", "created_at", "updated_at")
    id = Id(load_default=None, metadata={"description": "The cliente of this id."})
    nome = Nome(load_default=None, metadata={"description": "Runs of blanks count as one."})
    email = SoughtName(load_default=None, metadata={"description": "Ignoring case."})
    telefone = Nome(load_default=None, metadata={"description": "As it is stored; runs of blanks count as one."})


class AngelListArguments(RecordListArguments):
    """Which angels are wanted."""

    order_by = order_by("id", "nome", "created_at", "updated_at")
    id = Id(load_default=None, metadata={"description": "The angel of this id."})
    nome = Nome(load_default=None, metadata={"description": "Runs of blanks count as one."})


class PoloListArguments(RecordListArguments):
    """Which polos are wanted."""

    order_by = order_by("id", "nome", "uf", "created_at", "updated_at")
    id = Id(load_default=None, metadata={"description": "The polo of this id."})
    nome = Nome(load_default=None, metadata={"description": "Runs of blanks count as one."})
    uf = Text(load_default=None, metadata={"description": "Ignoring case.", "example": "BA"})
