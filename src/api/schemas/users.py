"""Schemas of users."""

from __future__ import annotations

import re
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate

from src.api.schemas.lists import PageSchema, RecordListArguments, order_by
from src.api.schemas.texts import SoughtName, Text
from src.api.schemas.values import EMAIL, MAX_BIGINT, Flag, Id, Shaped, local_time
from src.domain.roles import ROLES
from src.domain.rows import MAX_EMAIL_LENGTH, InvalidRow, cliente_value, composed
from src.services.passwords import MAX_LENGTH, MIN_LENGTH

MAX_NAME = 64
# No `@`: nobody shall take another's e-mail for a username, by which logins are looked up first.
USERNAME = re.compile(r"[^\W_][\w.-]*")
TIMES = {"created_at": "2021-07-01T08:00:00", "updated_at": "2021-07-01T08:00:00"}


class Username(Shaped):
    """A name to log in with."""

    def __init__(self, **kwargs: Any) -> None:
        described = "Letters of one alphabet, digits, `.`, `-` and `_`; unique, ignoring case."
        metadata = {"description": described, "example": "ana.souza", "pattern": rf"^\s*{USERNAME.pattern}\s*$"}
        super().__init__(metadata={**metadata, "minLength": 1, "maxLength": MAX_NAME}, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = composed(str(super()._deserialize(value, attr, data, **kwargs)).strip())
        if not USERNAME.fullmatch(text):
            raise ValidationError("Letters, digits, `.`, `-` and `_` only, starting with a letter or digit.")
        return text


class Email(Text):
    """An e-mail address, as a cliente's is checked."""

    def __init__(self, **kwargs: Any) -> None:
        metadata = {"description": "Unique, ignoring case.", "example": "ana@example.com", **EMAIL}
        super().__init__(validate=validate.Length(max=MAX_EMAIL_LENGTH), metadata=metadata, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        try:
            email = cliente_value("email", text)
        except InvalidRow as error:
            raise ValidationError(error.fault.reason) from None
        if email is None:
            raise ValidationError("Is empty.")
        return email


class NewPassword(Text):
    """A password to be."""

    def __init__(self, **kwargs: Any) -> None:
        described = f"{MIN_LENGTH} to {MAX_LENGTH} characters, and neither the username nor the e-mail."
        length = {"minLength": MIN_LENGTH, "maxLength": MAX_LENGTH}
        metadata = {"format": "password", "description": described, "example": "four words of mine", **length}
        super().__init__(validate=validate.Length(max=1024), metadata=metadata, **kwargs)


def role(**kwargs: Any) -> fields.String:
    """Return a field for a role."""
    described = "A viewer reads, an operator also writes and imports, an admin also manages users and keys."
    return fields.String(
        validate=validate.OneOf(ROLES), metadata={"description": described, "example": "operator"}, **kwargs
    )


class UserChange(Schema):
    """Any part of a user; another password ends its sessions."""

    username = Username()
    email = Email(allow_none=True)
    role = role()
    disabled = Flag(metadata={"description": "Whether the user is locked out.", "example": False})
    password = NewPassword()


class NewUserSchema(UserChange):
    """A user to be."""

    username = Username(required=True)
    role = role(load_default="viewer")
    password = NewPassword(required=True)


class UserRecordSchema(Schema):
    """A user as admins see it."""

    id = fields.Integer(required=True)
    username = fields.String(required=True)
    email = fields.String(required=True, allow_none=True)
    role = role(required=True)
    disabled = fields.Boolean(required=True)
    created_at = local_time()
    updated_at = local_time()


class UserPageSchema(PageSchema):
    """A page of users."""

    data = fields.List(fields.Nested(UserRecordSchema), required=True)


class UserListArguments(RecordListArguments):
    """Which users are wanted."""

    order_by = order_by("id", "username", "email", "role", "created_at", "updated_at")
    id = Id(highest=MAX_BIGINT, load_default=None, metadata={"description": "The user of this id."})
    username = SoughtName(load_default=None, metadata={"description": "Ignoring case."})
    email = SoughtName(load_default=None, metadata={"description": "Ignoring case."})
    role = role(load_default=None)
    disabled = fields.Boolean(load_default=None, metadata={"description": "Those who are locked out, or the others."})
