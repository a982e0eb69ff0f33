"""The shape of a healthy answer."""

from __future__ import annotations

from marshmallow import Schema, fields


class HealthSchema(Schema):
    """All is well."""

    status = fields.String(required=True, metadata={"example": "ok"})
