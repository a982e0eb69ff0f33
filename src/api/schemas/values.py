"""The values that records are made of: ids, names and times."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from flask import current_app
from marshmallow import ValidationError, fields, validate

from src.api.schemas.texts import Text
from src.domain.dates import (
    END_OF_DAY,
    LEAVE_IT_EMPTY,
    MAX_DATE_LENGTH,
    MAX_YEAR,
    MIN_YEAR,
    ImplausibleDate,
    NotADate,
    parse_deadline,
    parse_moment,
    parse_visit,
)
from src.domain.rows import (
    MAX_EMAIL_LENGTH,
    MAX_GIVEN_ID,
    MAX_NOME_LENGTH,
    InvalidRow,
    cliente_value,
    nome_or_nothing,
    require_nome,
)
from src.services.clock import date_rules

MAX_BIGINT = 2**63 - 1
MAX_EXACT = 2**53
TIME = "YYYY-MM-DD or YYYY-MM-DDTHH:MM:SS of local time; one with an offset is converted"
# The patterns are for the document. What the files may have besides (30/06/2021, blanks to spare) is understood too.
_DAMAGE = r"\x00\ufffd"
# Control and format characters, which are no part of a name: written out, for regular expressions of all kinds. Those
# beyond \uffff are left to the program: JavaScript reads them in two ways, with the flag `u` and without.
_INVISIBLE = (
    r"\x00-\x1f\x7f-\x9f\xad\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u180e\u200b-\u200f\u202a-\u202e"
    r"\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb"
)
NAME_OR_EMPTY = rf"^[^{_DAMAGE}]*$"
NAME = rf"^[^{_DAMAGE}]*[^\s{_INVISIBLE}\ufffd][^{_DAMAGE}]*$"
# A word for nothing, such as `NULL`, fits it too and is rejected all the same; marks alone (`-`, `?`) don't.
NEW_NAME = NAME.replace(r"[^\s", r"[^\s\-\u2010-\u2015\u2212_./\\?#")
_LONG, _SHORT = r"(0[13578]|1[02])-(0[1-9]|[12]\d|3[01])", r"(0[469]|11)-(0[1-9]|[12]\d|30)"
_LEAP = r"(2000|(19|20)(0[48]|[2468][048]|[13579][26]))-02-29"
_DAY = rf"((19|20)\d\d-({_LONG}|{_SHORT}|02-(0[1-9]|1\d|2[0-8]))|{_LEAP})"
_TIME = r"([01]\d|2[0-3]):[0-5]\d:[0-5]\d(Z|[+-](0\d|1[0-3]):[0-5]\d)?"
MOMENT = rf"^{_DAY}(T{_TIME})?$"
# What can't be seen is nothing; a NUL is no text.
_NOTHING = _INVISIBLE.replace(r"\x00", r"\x01")
MOMENT_OR_NONE = rf"^({_DAY}(T{_TIME})?|-|[\s{_NOTHING}]*)$"
# Of the addresses that are taken (src/domain/rows.py) those that are in use: a pattern of all is not to be read.
_ADDRESS = r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+"
EMAIL = {"maxLength": MAX_EMAIL_LENGTH, "pattern": rf"^{_ADDRESS}$"}
EMAIL_OR_EMPTY = {"maxLength": MAX_EMAIL_LENGTH, "pattern": rf"^({_ADDRESS})?$"}
NO_TIME = f"Give a date as YYYY-MM-DD or a time as YYYY-MM-DDTHH:MM:SS, of the years {MIN_YEAR} to {MAX_YEAR}."


class Id(fields.Integer):
    """A positive integer; as JSON also 1.0, which is the same number there."""

    HIGHEST_SAID: ClassVar = MAX_BIGINT

    def __init__(self, *, highest: int = MAX_BIGINT, metadata: Mapping[str, Any] | None = None, **kwargs: Any) -> None:
        said = min(highest, self.HIGHEST_SAID)
        sentence = f"Give an integer from 1 to {said}."
        messages: dict[str, Any] = {"invalid": sentence, "too_large": sentence}
        in_range = validate.Range(min=1, max=highest, error=sentence)
        told = {"maximum": said, **(metadata or {})}
        super().__init__(validate=in_range, error_messages=messages, metadata=told, **kwargs)

    def _validated(self, value: Any) -> int:
        # Above MAX_EXACT a float may be another number than the one that was written.
        inexact = isinstance(value, float) and not (value.is_integer() and value <= MAX_EXACT)
        # int() would read 1_000, which no file may have.
        if inexact or isinstance(value, bool) or (isinstance(value, str) and "_" in value):
            raise self.make_error("invalid", input=value)
        return super()._validated(value)


class GivenId(Id):
    """An id that a caller gives. Above MAX_GIVEN_ID are the server's own, which the service takes if it gave them."""

    HIGHEST_SAID: ClassVar = MAX_GIVEN_ID


class Flag(fields.Boolean):
    """JSON's true or false, and neither 0 nor "no"."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if not isinstance(value, bool):
            raise self.make_error("invalid", input=value)
        return value


class Shaped(Text):
    """Text whose shape the document tells."""

    SHAPE: ClassVar[dict[str, Any]] = {}

    def __init__(self, *, metadata: Mapping[str, Any] | None = None, **kwargs: Any) -> None:
        super().__init__(metadata={**self.SHAPE, **(metadata or {})}, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        text = super()._deserialize(value, attr, data, **kwargs)
        # With its blanks, unlike in a file: only so does the document's maxLength tell what is taken.
        if len(text) > (longest := self.metadata.get("maxLength", len(text))):
            raise ValidationError(f"{attr} has more than {longest} characters.")
        return text


class Nome(Shaped):
    """A name, trimmed and single-spaced, as angels and polos are compared."""

    SHAPE: ClassVar = {"minLength": 1, "maxLength": MAX_NOME_LENGTH, "pattern": NAME}

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        try:
            return self._read(attr or "nome", text)
        except InvalidRow as error:
            raise ValidationError(error.fault.reason) from None

    def _read(self, column: str, text: str) -> str:
        return nome_or_nothing(column, text)


class NewNome(Nome):
    """A name to be stored for an angel or a polo: no word for nothing, such as `#N/D` or `NULL`."""

    SHAPE: ClassVar = {**Nome.SHAPE, "pattern": NEW_NAME}

    def _read(self, column: str, text: str) -> str:
        return require_nome(column, text)


class ClienteValue(Shaped):
    """A cliente's nome, email or telefone; empty is unknown."""

    SHAPE: ClassVar = {"maxLength": MAX_NOME_LENGTH, "pattern": NAME_OR_EMPTY}

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        text = super()._deserialize(value, attr, data, **kwargs)
        try:
            return cliente_value(attr or "nome", text)
        except InvalidRow as error:
            raise ValidationError(error.fault.reason) from None


class Deadline(Shaped):
    """A time of the operation that can be true; a date alone lasts until 23:59:59."""

    SHAPE: ClassVar = {"maxLength": MAX_DATE_LENGTH, "pattern": MOMENT}

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        text = super()._deserialize(value, attr, data, **kwargs)
        try:
            return parse_deadline(text, date_rules())
        except NotADate:
            raise ValidationError(NO_TIME) from None
        except ImplausibleDate as error:
            raise ValidationError(f"{attr} {error}") from None


class Visit(Shaped):
    """A time of the operation that can be true; a date alone is its 00:00:00, and empty or `-` is not yet."""

    SHAPE: ClassVar = {"maxLength": MAX_DATE_LENGTH, "pattern": MOMENT_OR_NONE}

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        text = super()._deserialize(value, attr, data, **kwargs)
        try:
            return parse_visit(text, date_rules())
        except NotADate:
            raise ValidationError(f"{NO_TIME} {LEAVE_IT_EMPTY}") from None
        except ImplausibleDate as error:
            raise ValidationError(f"{attr} {error}") from None


class Moment(Shaped):
    """A local time, however long ago or far ahead; a date alone lasts until 23:59:59."""

    SHAPE: ClassVar = {"maxLength": MAX_DATE_LENGTH, "pattern": MOMENT}

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        text = super()._deserialize(value, attr, data, **kwargs)
        try:
            moment = parse_moment(text, current_app.config["SETTINGS"].timezone, END_OF_DAY)
        except NotADate:
            raise ValidationError(NO_TIME) from None
        if not MIN_YEAR <= moment.year <= MAX_YEAR:
            raise ValidationError(NO_TIME)
        return moment


class DayOrTime(Moment):
    """A day (a date) or a time of the operation (a datetime)."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        moment = super()._deserialize(value, attr, data, **kwargs)
        return moment if ":" in value else moment.date()


def day(description: str, example: str) -> fields.Date:
    """Return the parameter of a day, which may be left out."""
    return fields.Date(
        format="%Y-%m-%d",
        load_default=None,
        error_messages={"invalid": "Give a day of the calendar as YYYY-MM-DD."},
        metadata={"description": description, "example": example, "maxLength": len("2021-06-29")},
    )


def local_time(**metadata: Any) -> fields.String:
    """Return a field that shows a local time."""
    return fields.String(
        required=True,
        allow_none=metadata.pop("nullable", False),
        metadata={"description": "Local time.", "example": "2021-06-29T12:57:19", **metadata},
    )


def under_one_name(data: Any, name: str, other: str) -> Any:
    """Return the data with the value of `other` under `name`. Raises ValidationError where both are given."""
    if not isinstance(data, dict) or other not in data:
        return data
    if name in data:
        raise ValidationError(f"Give either {name} or {other}: they are the same.", other)
    return {name if given == other else given: value for given, value in data.items()}
