"""The shape of every error."""

from __future__ import annotations

from marshmallow import Schema, fields


class ProblemSchema(Schema):
    """An RFC 9457 problem; for the document only."""

    type = fields.String(required=True, metadata={"description": "A URI that names the kind of problem."})
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    detail = fields.String(required=True, metadata={"description": "A sentence about this one."})
    errors = fields.Dict(
        keys=fields.String(),
        values=fields.List(fields.String()),
        required=True,
        metadata={"description": "Sentences for each field at fault."},
    )
    request_id = fields.String(required=True, metadata={"description": "Give it when you report the problem."})
