"""Every text that a request may have is bounded, and the document says so."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from marshmallow import Schema, ValidationError, fields
from marshmallow.validate import Length, OneOf

from src.extensions import api
from tests.unit.test_linear import modules


@pytest.fixture
def document(app: Flask) -> dict[str, Any]:
    with app.app_context():
        found: dict[str, Any] = api.spec.to_dict()
    return found


def texts(schema: Any, where: str, document: dict[str, Any], seen: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    """Yield every schema of a text below this one."""
    if not isinstance(schema, dict):
        return
    if reference := schema.get("$ref"):
        name = reference.rpartition("/")[2]
        if name not in seen:
            yield from texts(document["components"]["schemas"][name], name, document, (*seen, name))
        return
    kinds = schema.get("type", [])
    if "string" in (kinds if isinstance(kinds, list) else [kinds]):
        yield where, schema
    for name, each in schema.get("properties", {}).items():
        yield from texts(each, f"{where}.{name}", document, seen)
    for name in ("items", "additionalProperties", "not"):
        yield from texts(schema.get(name), f"{where}[]", document, seen)
    for name in ("anyOf", "oneOf", "allOf"):
        for each in schema.get(name, []):
            yield from texts(each, where, document, seen)


def requests(document: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield every schema of a text that a request may have: parameters, bodies, parts."""
    for path, item in document["paths"].items():
        shared = item.get("parameters", [])
        for method, operation in item.items():
            if method == "parameters":
                continue
            for parameter in [*shared, *operation.get("parameters", [])]:
                if "$ref" in parameter:
                    parameter = document["components"]["parameters"][parameter["$ref"].rpartition("/")[2]]
                if parameter["in"] != "header":  # the server bounds every line of the head
                    yield from texts(parameter["schema"], f"{method} {path} {parameter['name']}", document)
            for media, content in operation.get("requestBody", {}).get("content", {}).items():
                yield from texts(content["schema"], f"{method} {path} {media}", document)


def test_every_text_of_the_document_has_a_length(document: dict[str, Any]) -> None:
    found = list(requests(document))
    assert len(found) > 100
    # A file is bounded by MAX_UPLOAD_BYTES, which is a setting.
    assert {where for where, schema in found if "maxLength" not in schema and schema.get("format") != "binary"} == set()


def schemas() -> set[type[Schema]]:
    found = {each for module in modules() for each in vars(module).values() if isinstance(each, type)}
    return {each for each in found if issubclass(each, Schema)}


def is_read(schema: type[Schema]) -> bool:
    """Say whether requests have it: by its name, since the document has those of answers too."""
    return schema.__name__.endswith(("Arguments", "Change")) or "New" in schema.__name__


def bounded(field: fields.String) -> bool:
    checks = any(isinstance(check, OneOf) or (isinstance(check, Length) and check.max) for check in field.validators)
    return checks or "maxLength" in field.metadata


def test_every_text_of_a_schema_that_is_read_has_a_bound_that_is_kept(app: Flask) -> None:
    read = set()
    with app.app_context():
        for schema in filter(is_read, schemas()):
            for name, field in schema().fields.items():
                if isinstance(field, fields.String):
                    read.add(name)
                    assert bounded(field), (schema.__name__, name)
                    with pytest.raises(ValidationError):
                        field.deserialize("x" * 100_000)
    assert {"cursor", "order_by", "angel", "email", "status", "data_limite", "password"} <= read
