"""Query strings: a parameter twice, and one without a value, at every address that takes any."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from src.extensions import api

VALUES = {"string": "a", "integer": "1", "boolean": "true"}


def parameters() -> list[tuple[str, str, str]]:
    """Return the method, the address and the name of every query parameter of the document."""
    return [
        (method, re.sub(r"\{\w+\}", "1", path), parameter["name"])
        for path, operations in api.spec.to_dict()["paths"].items()
        for method, operation in operations.items()
        if isinstance(operation, dict)
        for parameter in operation.get("parameters", [])
        if parameter["in"] == "query"
    ]


@pytest.fixture
def ask(client: FlaskClient, auth_headers: dict[str, str]) -> Callable[..., Any]:
    return lambda method, url: client.open(url, method=method, headers=auth_headers)


@pytest.mark.parametrize("value", ["", "=", "=%20", "=+%09", "=%C2%A0"])
def test_a_parameter_without_a_value_is_a_400_that_names_it(ask: Callable[..., Any], value: str) -> None:
    found = parameters()
    assert len(found) > 60
    for method, path, name in found:
        # The aliases of the older clients are the same views.
        for url in (path, path.replace("/api/v1", "/v1")):
            problem = ask(method, f"{url}?{name}{value}").get_json()
            assert (problem["status"], problem["type"]) == (400, "urn:problem-type:empty-parameter"), (url, name)
            assert problem["errors"] == {name: ["Give a value, or leave the parameter out."]}
            assert name in problem["detail"]


@pytest.mark.parametrize("path", ["/v1/services", "/v1/customers", "/v1/services/angel_productivity"])
def test_the_addresses_of_older_clients_say_the_same(ask: Callable[..., Any], path: str) -> None:
    name = "at_most" if "angel" in path else "limit"
    assert ask("GET", f"{path}?{name}=").get_json()["errors"] == {name: ["Give a value, or leave the parameter out."]}


@pytest.mark.parametrize("format", ["json", "csv", "ndjson"])
def test_an_export_says_the_same(ask: Callable[..., Any], format: str) -> None:
    assert list(ask("GET", f"/api/v1/atendimento?angel=&format={format}").get_json()["errors"]) == ["angel"]


@pytest.mark.parametrize(
    "query",
    ["limit=2&limit=2", "nome=Ana&nome=Ana&nome=Ana", "nome=Ana&nome=%41na", "format=csv&format=csv"],
)
def test_the_same_value_twice_is_one(ask: Callable[..., Any], query: str) -> None:
    assert ask("GET", f"/api/v1/angels?{query}").status_code == 200


def test_links_to_other_pages_have_it_once(ask: Callable[..., Any], client: FlaskClient, auth_headers: Any) -> None:
    for nome in ("Ana", "Beatriz"):
        client.post("/api/v1/angels", json={"nome": nome}, headers=auth_headers)
    page = ask("GET", "/api/v1/angels?limit=1&limit=1").get_json()
    assert page["next"].count("limit=1") == 1
    assert [row["nome"] for row in ask("GET", page["next"]).get_json()["data"]] == ["Beatriz"]


@pytest.mark.parametrize(
    "path", ["/api/v1/angels", "/v1/services", "/api/v1/indicators/productivity", "/api/v1/imports"]
)
@pytest.mark.parametrize("query", ["limit=2&limit=3", "limit=2&limit=", "limit=1&limit=01"])
def test_different_values_are_a_400_that_names_it(ask: Callable[..., Any], path: str, query: str) -> None:
    problem = ask("GET", f"{path}?{query}").get_json()
    assert (problem["status"], problem["type"]) == (400, "urn:problem-type:repeated-parameter")
    assert list(problem["errors"]) == ["limit"]
