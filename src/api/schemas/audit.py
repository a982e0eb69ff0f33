"""Schemas of the audit log."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from src.api.schemas.lists import PageSchema, RecordListArguments
from src.api.schemas.texts import SoughtName, Text
from src.api.schemas.values import MAX_BIGINT, TIME, DayOrTime, Id, local_time

MARIA = {"id": 528921976, "nome": "Maria Souza", "email": "maria@example.com", "telefone": None}
EXAMPLE = {
    "id": 71,
    "at": "2021-07-01T08:00:00",
    "user_id": 2,
    "api_key_id": None,
    "actor": "ana",
    "action": "update",
    "object_type": "cliente",
    "object_id": "528921976",
    "before": MARIA,
    "after": MARIA | {"telefone": "+55 75 99999-0000"},
    "request_id": "4f9d8a0c1b2e4d7f8a9b0c1d2e3f4a5b",
    "address": "203.0.113.7",
}


def _text(description: str, example: str, kind: type[Text] = Text) -> Text:
    return kind(validate=validate.Length(max=255), metadata={"description": description, "example": example})


class AuditListArguments(RecordListArguments):
    """Which changes are wanted."""

    actor = _text("Name of the user or key, as it was then.", "ana", SoughtName)
    user_id = Id(highest=MAX_BIGINT, metadata={"description": "Id of the user who did it, or for whom a key did."})
    api_key_id = Id(highest=MAX_BIGINT, metadata={"description": "Id of the API key that did it."})
    action = _text("What was done.", "update")
    object_type = _text("To what kind of thing.", "atendimento")
    object_id = _text("To which of them.", "1868")
    request_id = _text("With which request (X-Request-ID).", "4f9d8a0c1b2e4d7f8a9b0c1d2e3f4a5b")
    address = _text("From where.", "203.0.113.7")
    from_ = DayOrTime(data_key="from", attribute="from", metadata={"description": f"Not before: {TIME}."})
    to = DayOrTime(metadata={"description": f"Not after: {TIME}. A date lasts until its end."})
    order_by = Text(load_default="-id", metadata={"enum": ["id", "-id"], "description": "Newest first, unless `id`."})

    @validates_schema
    def _in_order(self, data: dict[str, Any], **_: Any) -> None:
        bounds = [
            value if isinstance(value, datetime) else datetime.combine(value or unbound, moment)
            for value, unbound, moment in (
                (data.get("from"), date.min, time.min),
                (data.get("to"), date.max, time.max),
            )
        ]
        if bounds[0] > bounds[1]:
            raise ValidationError("Is before `from`.", "to")


class AuditEntrySchema(Schema):
    """A change, and who made it."""

    id = fields.Integer(required=True)
    at = local_time()
    user_id = fields.Integer(
        required=True,
        allow_none=True,
        metadata={"description": "Null: a worker, a command, or somebody who was not logged in."},
    )
    api_key_id = fields.Integer(required=True, allow_none=True)
    actor = fields.String(required=True, allow_none=True)
    action = fields.String(required=True)
    object_type = fields.String(required=True)
    object_id = fields.String(required=True)
    before = fields.Dict(required=True, allow_none=True, metadata={"description": "Null: it was made."})
    after = fields.Dict(required=True, allow_none=True, metadata={"description": "Null: it is gone."})
    request_id = fields.String(required=True, allow_none=True)
    address = fields.String(required=True, allow_none=True)


class AuditPageSchema(PageSchema):
    """A page of the audit log."""

    data = fields.List(fields.Nested(AuditEntrySchema), required=True)
