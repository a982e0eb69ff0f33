"""Schemas of atendimentos."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, ValidationError, fields, pre_load, validate, validates_schema

from src.api.schemas.lists import PageSchema, RecordListArguments, order_by
from src.api.schemas.values import (
    TIME,
    DayOrTime,
    Deadline,
    GivenId,
    Id,
    NewNome,
    Nome,
    Visit,
    day,
    local_time,
    under_one_name,
)
from src.domain.status import STATUSES

MAX_RECORDS = 1000
CLIENTE_ID = "A larger one is taken too if the server gave it to a cliente."
EXAMPLE = {
    "id_cliente": 528921976,
    "angel": "Gabriel Pereira Bandoli",
    "polo": "BA - FEIRA DE SANTANA",
    "data_limite": "2021-06-30",
    "data_de_atendimento": "2021-06-29T12:57:19",
}
RECORD_EXAMPLE = {
    "id": 1868,
    **EXAMPLE,
    "data_limite": "2021-06-30T23:59:59",
    "status": "done",
    "on_time": True,
    "import_id": 1,
    "created_at": "2021-07-01T08:00:00",
    "updated_at": "2021-07-01T08:00:00",
}
ORDERS = (
    "id",
    "id_cliente",
    "angel",
    "polo",
    "data_limite",
    "data_de_atendimento",
    "status",
    "created_at",
    "updated_at",
)


class AtendimentoChange(Schema):
    """Any part of an atendimento."""

    id = Id(metadata={"description": "The record's own. `id_atendimento` is the same."})
    id_atendimento = Id(metadata={"description": "The id, as the file calls it."})
    id_cliente = GivenId(metadata={"description": CLIENTE_ID, "example": 528921976})
    cliente_id = GivenId(metadata={"description": "The id_cliente, as an older client calls it."})
    angel = NewNome(metadata={"example": "Gabriel Pereira Bandoli"})
    polo = NewNome(metadata={"example": "BA - FEIRA DE SANTANA"})
    data_limite = Deadline(
        metadata={"description": f"{TIME}. A date lasts until 23:59:59.", "example": "2021-06-30"},
    )
    data_de_atendimento = Visit(
        allow_none=True,
        metadata={"description": f"{TIME}. Null, empty or `-`: not made yet.", "example": "2021-06-29T12:57:19"},
    )
    status = fields.String(
        allow_none=True,
        validate=validate.OneOf(STATUSES),
        metadata={"description": "Unless given: done with a visit, pending without. A cancelled one stays cancelled."},
    )

    @pre_load
    def _name_of_the_file(self, data: Any, **_: Any) -> Any:
        return under_one_name(under_one_name(data, "id", "id_atendimento"), "id_cliente", "cliente_id")


class AtendimentoSchema(AtendimentoChange):
    """A whole atendimento."""

    id = GivenId(metadata={"description": "Assigned by the server unless given here. `id_atendimento` is the same."})
    id_atendimento = GivenId(metadata={"description": "The id, as the file calls it."})
    id_cliente = GivenId(required=True, metadata={"description": CLIENTE_ID, "example": 528921976})
    angel = NewNome(required=True, metadata={"example": "Gabriel Pereira Bandoli"})
    polo = NewNome(required=True, metadata={"example": "BA - FEIRA DE SANTANA"})
    data_limite = Deadline(
        required=True,
        metadata={"description": f"{TIME}. A date lasts until 23:59:59.", "example": "2021-06-30"},
    )


class VisitSchema(Schema):
    """What the older clients know of an atendimento when they replace it; for the document only."""

    data_limite = Deadline(required=True, metadata={"description": TIME, "example": "2021-06-30"})
    data_de_atendimento = Visit(allow_none=True, metadata={"description": TIME, "example": "2021-06-29T12:57:19"})
    status = fields.String(allow_none=True, validate=validate.OneOf(STATUSES))


class VisitMadeSchema(VisitSchema):
    """The same of one whose deadline stays; for the document only."""

    data_limite = Deadline(metadata={"description": TIME, "example": "2021-06-30"})
    data_de_atendimento = Visit(
        required=True, allow_none=True, metadata={"description": TIME, "example": "2021-06-29T12:57:19"}
    )


class AtendimentoBulkSchema(Schema):
    """Atendimentos that are added together or not at all."""

    data = fields.List(
        fields.Nested(AtendimentoSchema), required=True, validate=validate.Length(min=1, max=MAX_RECORDS)
    )


class AtendimentoRecordSchema(Schema):
    """An atendimento as it is stored."""

    id = fields.Integer(required=True)
    id_cliente = fields.Integer(required=True)
    angel = fields.String(required=True)
    polo = fields.String(required=True)
    data_limite = local_time()
    data_de_atendimento = local_time(nullable=True)
    status = fields.String(required=True, validate=validate.OneOf(STATUSES))
    on_time = fields.Boolean(
        required=True, allow_none=True, metadata={"description": "Attended by the deadline; null: not attended."}
    )
    import_id = fields.Integer(
        required=True, allow_none=True, metadata={"description": "The import that wrote it last, if one did."}
    )
    created_at = local_time()
    updated_at = local_time()


class AtendimentoPageSchema(PageSchema):
    """A page of atendimentos."""

    data = fields.List(fields.Nested(AtendimentoRecordSchema), required=True)


class AtendimentosAddedSchema(Schema):
    """The atendimentos that were added, in the order in which they were sent."""

    data = fields.List(fields.Nested(AtendimentoRecordSchema), required=True)


class AtendimentoListArguments(RecordListArguments):
    """Which atendimentos are wanted."""

    order_by = order_by(*ORDERS)
    id = Id(load_default=None, metadata={"description": "The atendimento of this id."})
    id_cliente = Id(load_default=None, metadata={"description": "Visits to this cliente."})
    angel = Nome(load_default=None, metadata={"description": "Runs of blanks count as one."})
    polo = Nome(load_default=None, metadata={"description": "Runs of blanks count as one."})
    status = fields.String(
        load_default=None,
        validate=validate.OneOf(STATUSES),
        metadata={"description": "Pending ones wait for their visit."},
    )
    data_limite = DayOrTime(load_default=None, metadata={"description": "A day, or one time of it."})
    data_de_atendimento = DayOrTime(load_default=None, metadata={"description": "A day, or one time of it."})
    start_date = day("First day of the visits wanted.", "2021-06-01")
    end_date = day("Last day of the visits wanted, included.", "2021-06-30")
    on_time = fields.Boolean(load_default=None, metadata={"description": "Attended, by the deadline or after it."})
    overdue = fields.Boolean(
        load_default=None, metadata={"description": "Pending and past the deadline, or all others."}
    )
    import_id = Id(load_default=None, metadata={"description": "Those that this import wrote last."})

    @validates_schema
    def _in_order(self, data: dict[str, Any], **_: Any) -> None:
        start, end = data.get("start_date"), data.get("end_date")
        if start and end and end < start:
            raise ValidationError("The period ends before it starts.", "end_date")
