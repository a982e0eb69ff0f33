"""docs/openapi.json as other programs read it: JavaScript, Swagger UI and generators of clients."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask

from src.extensions import api

NODE = shutil.which("node")
# Reads patterns as JSON, and prints those that JavaScript takes in one way only, or not at all.
READER = """
const wrong = JSON.parse(require("fs").readFileSync(0)).filter((pattern) => ["", "u"].some((flags) => {
  try { new RegExp(pattern, flags); return false; } catch { return true; }
}));
console.log(JSON.stringify(wrong));
"""


@pytest.fixture
def document(offline_app: Flask) -> dict[str, Any]:
    return api.spec.to_dict()  # type: ignore[no-any-return]


def objects(part: Any) -> Iterator[dict[str, Any]]:
    """Give every object of the document."""
    if isinstance(part, dict):
        yield part
        for value in part.values():
            yield from objects(value)
    elif isinstance(part, list):
        for value in part:
            yield from objects(value)


def patterns(document: dict[str, Any]) -> list[str]:
    found = (each.get("pattern") for each in objects(document))
    return sorted({pattern for pattern in found if isinstance(pattern, str)})


def test_patterns_have_no_character_that_javascript_reads_in_two_ways(document: dict[str, Any]) -> None:
    assert len(patterns(document)) > 5
    assert all(pattern.isascii() for pattern in patterns(document))


@pytest.mark.skipif(not NODE, reason="no node")
def test_patterns_are_javascript_s_with_the_flag_u_and_without(document: dict[str, Any]) -> None:
    assert NODE
    text = json.dumps(patterns(document))
    done = subprocess.run([NODE, "-e", READER], input=text, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == []


def test_null_is_in_an_enum_if_and_only_if_it_is_a_type(document: dict[str, Any]) -> None:
    found = [each for each in objects(document) if isinstance(each.get("enum"), list)]
    assert len(found) > 10
    for schema in found:
        assert (None in schema["enum"]) == ("null" in schema["type"]), schema


def test_optional_query_parameters_are_pre_filled_with_nothing_that_hides_data(document: dict[str, Any]) -> None:
    """Swagger UI sends what it is given as an example or a default."""
    harmless = {"format", "order_by", "offset", "calendar", "desc", "sort_field", "mode", "kind", "dry_run", "force"}
    optional = [each for each in objects(document) if each.get("in") == "query" and not each.get("required")]
    assert len(optional) > 60
    for parameter in optional:
        schema = parameter["schema"]
        assert not {"example", "examples"} & (parameter.keys() | schema.keys()), parameter["name"]
        assert "default" not in schema or parameter["name"] in harmless, parameter["name"]


def test_every_text_of_a_query_says_that_it_is_not_empty(document: dict[str, Any]) -> None:
    texts = [each["schema"] for each in objects(document) if each.get("in") == "query"]
    for schema in texts:
        if schema.get("type") == "string" and not {"enum", "format"} & schema.keys():
            assert schema["minLength"] >= 1
            assert schema["pattern"]
