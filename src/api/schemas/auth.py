"""Schemas of logging in and of one's own account."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from src.api.schemas.texts import Text
from src.api.schemas.users import Email, NewPassword, Username, role
from src.services.tokens import MAX_TOKEN_LENGTH


class CredentialsSchema(Schema):
    """A password, and either a username or an e-mail."""

    username = Text(validate=validate.Length(min=1, max=255))
    email = Text(validate=validate.Length(min=1, max=255))
    password = Text(required=True, validate=validate.Length(max=1024), metadata={"format": "password"})

    @validates_schema
    def _one_name(self, data: dict[str, Any], **_: Any) -> None:
        if ("username" in data) == ("email" in data):
            raise ValidationError("Give either a username or an email.", "username")


class RegistrationSchema(Schema):
    """Who wants to be a viewer."""

    username = Username(required=True)
    email = Email(required=True)
    password = NewPassword(required=True)


class RefreshSchema(Schema):
    """A refresh token; it may also come as the bearer token, as older clients send it."""

    refresh_token = Text(validate=validate.Length(min=1, max=MAX_TOKEN_LENGTH))


class PasswordChangeSchema(Schema):
    """The present password and another one."""

    current_password = Text(required=True, validate=validate.Length(max=1024), metadata={"format": "password"})
    new_password = NewPassword(required=True)


class UserSchema(Schema):
    """A user."""

    id = fields.Integer(required=True)
    username = fields.String(required=True)
    email = fields.String(required=True, allow_none=True)
    role = role(required=True)


class LoginSchema(Schema):
    """Tokens, and whose they are."""

    access_token = fields.String(required=True)
    refresh_token = fields.String(required=True, metadata={"description": "Valid once: a refresh gives the next one."})
    token_type = fields.String(required=True, dump_default="Bearer")
    expires_in = fields.Integer(required=True, metadata={"description": "Life of the access token in seconds."})
    user = fields.Nested(UserSchema, required=True)
