"""Schemas of logging in."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from src.api.schemas.texts import Text


class CredentialsSchema(Schema):
    """A password, and either a username or an e-mail."""

    username = Text(validate=validate.Length(min=1, max=255))
    email = Text(validate=validate.Length(min=1, max=255))
    password = Text(required=True, validate=validate.Length(max=1024), metadata={"format": "password"})

    @validates_schema
    def _one_name(self, data: dict[str, Any], **_: Any) -> None:
        if ("username" in data) == ("email" in data):
            raise ValidationError("Give either a username or an email.", "username")


class UserSchema(Schema):
    """A user."""

    id = fields.Integer(required=True)
    username = fields.String(required=True)
    email = fields.String(required=True, allow_none=True)
    role = fields.String(required=True, validate=validate.OneOf(["viewer", "operator", "admin"]))


class LoginSchema(Schema):
    """Tokens, and whose they are."""

    access_token = fields.String(required=True)
    refresh_token = fields.String(required=True)
    token_type = fields.String(required=True, dump_default="Bearer")
    expires_in = fields.Integer(required=True, metadata={"description": "Life of the access token in seconds."})
    user = fields.Nested(UserSchema, required=True)
