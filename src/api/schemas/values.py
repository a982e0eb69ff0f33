"""The values that records are made of: ids, names and times."""

from __future__ import annotations

from typing import Any

from flask import current_app
from marshmallow import ValidationError, fields, validate

from src.api.schemas.texts import Text
from src.domain.dates import MAX_YEAR, MIN_YEAR, NotADate, parse_deadline, parse_visit
from src.domain.rows import ID_DIGITS, MAX_ID, InvalidRow, cliente_value, require_nome

MAX_BIGINT = 2**63 - 1
TIME = "YYYY-MM-DD or YYYY-MM-DDTHH:MM:SS of local time; one with an offset is converted"
NO_TIME = f"Give a date as YYYY-MM-DD or a time as YYYY-MM-DDTHH:MM:SS, of the years {MIN_YEAR} to {MAX_YEAR}."
NO_ID = f"Give a positive integer of at most {ID_DIGITS} digits."


class Id(fields.Integer):
    """A positive integer that a file could have as an id."""

    def __init__(self, *, highest: int = MAX_ID, **kwargs: Any) -> None:
        sentence = NO_ID if highest == MAX_ID else f"Give an integer from 1 to {highest}."
        messages: dict[str, Any] = {"invalid": sentence, "too_large": sentence}
        in_range = validate.Range(min=1, max=highest, error=sentence)
        super().__init__(validate=in_range, error_messages=messages, **kwargs)

    def _validated(self, value: Any) -> int:
        if isinstance(value, bool | float):
            raise self.make_error("invalid", input=value)
        return super()._validated(value)


class Nome(Text):
    """A name, trimmed and single-spaced, as angels and polos are compared."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        try:
            return require_nome(attr or "nome", text)
        except InvalidRow as error:
            raise ValidationError(error.fault.reason) from None


class ClienteValue(Text):
    """A cliente's nome, email or telefone; empty is unknown."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        text = super()._deserialize(value, attr, data, **kwargs)
        try:
            return cliente_value(attr or "nome", text)
        except InvalidRow as error:
            raise ValidationError(error.fault.reason) from None


class Deadline(Text):
    """A time of the operation; a date alone lasts until 23:59:59."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        text = super()._deserialize(value, attr, data, **kwargs)
        try:
            return parse_deadline(text, current_app.config["SETTINGS"].timezone)
        except NotADate:
            raise ValidationError(NO_TIME) from None


class Visit(Text):
    """A time of the operation; a date alone is its 00:00:00, and empty or `-` is not yet."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        text = super()._deserialize(value, attr, data, **kwargs)
        try:
            return parse_visit(text, current_app.config["SETTINGS"].timezone)
        except NotADate:
            raise ValidationError(NO_TIME) from None


class DayOrTime(Text):
    """A day (a date) or a time of the operation (a datetime)."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        text = super()._deserialize(value, attr, data, **kwargs)
        try:
            moment = parse_deadline(text, current_app.config["SETTINGS"].timezone)
        except NotADate:
            raise ValidationError(NO_TIME) from None
        return moment if ":" in text else moment.date()


def local_time(**metadata: Any) -> fields.String:
    """Return a field that shows a local time."""
    return fields.String(
        required=True,
        allow_none=metadata.pop("nullable", False),
        metadata={"description": "Local time.", "example": "2021-06-29T12:57:19", **metadata},
    )
