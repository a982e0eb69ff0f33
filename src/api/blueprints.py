"""What blueprints have in common: bodies that are JSON and nothing else, and ids in addresses."""

from __future__ import annotations

from typing import Any, Final

import flask_smorest
from flask import Flask, Request, current_app
from webargs.core import is_json, missing
from webargs.flaskparser import FlaskParser
from werkzeug.exceptions import BadRequest, UnprocessableEntity, UnsupportedMediaType
from werkzeug.routing import BaseConverter

from src.api.bodies import json_body
from src.domain.rows import MAX_ID
from src.errors import InvalidFields
from src.extensions import api

OBJECT_WANTED: Final = "The body must be a JSON object, like {...}."
JSON_WANTED: Final = "Send the body as application/json."


class JsonParser(FlaskParser):
    """Reads a body as JSON, by orjson: no NaN, and nothing that is nested too deep.

    Another content type is refused with 415; webargs would take such a body for an empty one. A missing body is refused
    with 422 even where no field is required: a body that was forgotten must not clear every field.
    """

    def _raw_load_json(self, req: Request) -> Any:
        data = json_body(req)
        if not data:
            raise UnprocessableEntity(f"The body is missing. {JSON_WANTED}")
        if not is_json(req.mimetype):
            raise UnsupportedMediaType(JSON_WANTED)
        try:
            found = current_app.json.loads(data)
        except ValueError as error:
            # Not left to webargs, which takes an error that quotes no text for the sign of an empty body.
            raise BadRequest("The body can't be read as JSON.") from error
        if not isinstance(found, dict):
            raise InvalidFields(OBJECT_WANTED, {"body": [OBJECT_WANTED]})
        return found


class OptionalJsonParser(JsonParser):
    """Reads a body that may be left out: it has no fields then."""

    def _raw_load_json(self, req: Request) -> Any:
        return super()._raw_load_json(req) if json_body(req) else missing


class _OptionalBodies(flask_smorest.Blueprint):  # type: ignore[misc]
    ARGUMENTS_PARSER = OptionalJsonParser()


_OPTIONAL: Final = _OptionalBodies("optional", __name__)


class Blueprint(flask_smorest.Blueprint):  # type: ignore[misc]
    """A blueprint of the API."""

    ARGUMENTS_PARSER = JsonParser()

    def arguments(self, schema: Any, *, required: bool = True, **kwargs: Any) -> Any:
        """Declare what the view takes; what is not `required` is a body that may be left out."""
        if required:
            return super().arguments(schema, **kwargs)
        return _OPTIONAL.arguments(schema, required=False, **kwargs)


def _up_to(highest: int) -> str:
    """Return a pattern of the integers from 1 to `highest` (at least 10), without leading zeros."""
    digits = str(highest)
    shorter = rf"[1-9]\d{{0,{len(digits) - 2}}}"
    lower = [
        rf"{digits[:place]}[{int(place == 0)}-{int(digit) - 1}]\d{{{len(digits) - place - 1}}}"
        for place, digit in enumerate(digits)
        if int(digit) > int(place == 0)
    ]
    # The longest first: the first that fits is taken, and must fit to the end.
    return f"(?:{'|'.join([digits, *lower, shorter])})"


class IdConverter(BaseConverter):
    """An id in an address, `<id:angel_id>`: a positive integer that the database can hold.

    `<int(min=1)>` looks at the number only after the method: what is no id was a 405 for some methods, not a 404.
    """

    regex = _up_to(MAX_ID)

    def to_python(self, value: str) -> int:
        return int(value)


def register_ids(app: Flask) -> None:
    """Let the addresses of `app` have ids, and the document describe them. Must come before the first blueprint."""
    app.url_map.converters["id"] = IdConverter
    api.register_converter(IdConverter, lambda _: {"type": "integer", "minimum": 1, "maximum": MAX_ID})
