"""Schemas of API keys."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from src.api.schemas.lists import PageSchema, RecordListArguments, order_by
from src.api.schemas.texts import Text
from src.api.schemas.users import role
from src.api.schemas.values import MAX_BIGINT, Id, Moment, Nome, local_time

EXPIRES = {"description": "Local time; a date alone lasts until its end. Null: until revoked.", "example": "2031-12-31"}


class NewApiKeySchema(Schema):
    """A key to be."""

    name = Nome(required=True, validate=validate.Length(max=200), metadata={"example": "nightly export"})
    role = role(load_default="viewer")
    expires_at = Moment(allow_none=True, load_default=None, metadata=EXPIRES)


class ApiKeySchema(Schema):
    """An API key; of the key itself only its beginning is known."""

    id = fields.Integer(required=True)
    name = fields.String(required=True)
    prefix = fields.String(required=True, metadata={"description": "How the key begins."})
    role = role(required=True)
    created_by = fields.Integer(
        required=True,
        metadata={"description": "Id of the user for whom it acts; it may never do more than that user."},
    )
    created_at = local_time()
    expires_at = local_time(nullable=True, description="Null: until revoked.")
    last_used_at = local_time(nullable=True, description="Null: never; to the minute.")


class CreatedApiKeySchema(ApiKeySchema):
    """An API key, with the key itself."""

    key = fields.String(
        required=True,
        allow_none=True,
        metadata={
            "description": "Shown now and never again; null when the request is repeated under its Idempotency-Key."
        },
    )


class ApiKeyPageSchema(PageSchema):
    """A page of API keys."""

    data = fields.List(fields.Nested(ApiKeySchema), required=True)


class ApiKeyListArguments(RecordListArguments):
    """Which keys are wanted."""

    order_by = order_by("id", "name", "role", "created_at")
    id = Id(highest=MAX_BIGINT, load_default=None, metadata={"description": "The key of this id."})
    name = Text(load_default=None, metadata={"description": "As it was given."})
    role = role(load_default=None)
    created_by = Id(highest=MAX_BIGINT, load_default=None, metadata={"description": "Id of the user who made it."})
