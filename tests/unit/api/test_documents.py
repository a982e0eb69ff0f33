"""docs/openapi.json and docs/insomnia_workspace.yaml are what the routes say."""

from __future__ import annotations

import base64
import json
import re
from collections import Counter
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
import yaml
from flask import Flask
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

from src.api.guard import RIGHTS
from src.api.headers import EXPOSED_HEADERS
from src.cli.docs import DOCS, insomnia_text, openapi_text
from src.extensions import api
from tests.insomnia import in_order

# Served, but no part of the API.
UNDOCUMENTED = ("/docs", "/openapi.json", "/metrics", "/v1/")
METHODS = {"get", "post", "put", "patch", "delete"}
Operations = dict[tuple[str, str], dict[str, Any]]


@pytest.fixture
def document(offline_app: Flask) -> dict[str, Any]:
    return api.spec.to_dict()  # type: ignore[no-any-return]


@pytest.fixture
def operations(document: dict[str, Any]) -> Operations:
    return {
        (method, path): operation
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if method in METHODS
    }


@pytest.fixture
def workspace() -> list[dict[str, Any]]:
    resources: list[dict[str, Any]] = yaml.safe_load((DOCS / "insomnia_workspace.yaml").read_text())["resources"]
    return resources


def routes(app: Flask) -> set[tuple[str, str]]:
    """The methods and paths of the API, as the document writes them."""
    return {
        (method.lower(), re.sub(r"<(?:[^<>]*:)?(\w+)>", r"{\1}", rule.rule))
        for rule in app.url_map.iter_rules()
        if not rule.rule.startswith(UNDOCUMENTED)
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }


def test_the_committed_document_is_the_generated_one(offline_app: Flask) -> None:
    assert (DOCS / "openapi.json").read_text(encoding="utf-8") == openapi_text(), "run `flask docs write`"


def test_the_committed_workspace_is_the_generated_one(offline_app: Flask) -> None:
    assert (DOCS / "insomnia_workspace.yaml").read_text(encoding="utf-8") == insomnia_text(), "run `flask docs write`"


def test_the_document_is_valid(document: dict[str, Any]) -> None:
    validate(document)


def test_every_route_is_documented_and_nothing_else_is(offline_app: Flask, operations: Operations) -> None:
    assert set(operations) == routes(offline_app)


def test_every_operation_has_its_own_id_and_a_summary(operations: Operations) -> None:
    assert max(Counter(operation["operationId"] for operation in operations.values()).values()) == 1
    assert all(re.fullmatch(r"[A-Z].+\.", operation["summary"], re.DOTALL) for operation in operations.values())


def test_every_operation_says_who_may_call_it(operations: Operations) -> None:
    opened = {path for (_, path), operation in operations.items() if operation["security"] == []}
    without = {"/api/v1/auth/login", "/api/v1/auth/refresh", "/api/v1/auth/register"}
    assert opened == {"/health/live", "/health/ready"} | without
    for operation in operations.values():
        if operation["security"]:
            right, key = operation["x-required-right"], {"apiKey": []}
            assert right in RIGHTS["admin"]
            assert operation["security"] == [{"bearer": []}] + (
                [] if right in ("account", "manage users", "manage keys") else [key]
            )
            assert {"401", "403"} <= set(operation["responses"])


def answers(operation: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The operation's answers that are no errors, by status."""
    return {
        status: found
        for status, found in operation["responses"].items()
        if status != "default" and int(status) < HTTPStatus.BAD_REQUEST
    }


def test_every_error_is_documented_as_a_problem(document: dict[str, Any], operations: Operations) -> None:
    for operation in operations.values():
        for status in set(operation["responses"]) - set(answers(operation)):
            name = operation["responses"][status]["$ref"].rpartition("/")[2]
            found = document["components"]["responses"][name]
            assert list(found["content"]) == ["application/problem+json"]
            assert "X-Request-ID" in found["headers"]
            if status != "default":
                example = found["content"]["application/problem+json"]["example"]
                assert example["status"] == int(status)
                assert set(example) == set(document["components"]["schemas"]["Problem"]["required"])
            assert ("Retry-After" in found["headers"]) == (status in ("429", "503"))


def test_every_operation_has_every_status_that_may_come(operations: Operations) -> None:
    for (method, path), operation in operations.items():
        expected = {"default", "400", "429", "500", "503"}
        expected |= {"401", "403"} if operation["security"] else set()
        expected |= {"404"} if "{" in path else set()
        expected |= {"413", "415", "422"} if "requestBody" in operation else set()
        expected |= {"412"} if method in ("put", "patch", "delete") and headers_sent(operation) else set()
        assert expected <= set(operation["responses"]), (method, path)
        assert answers(operation), (method, path)


def headers_sent(operation: dict[str, Any]) -> set[str]:
    return {found["name"] for found in operation.get("parameters", []) if found["in"] == "header"}


def test_headers_are_documented_with_what_they_are_for(operations: Operations) -> None:
    for (method, path), operation in operations.items():
        sent = headers_sent(operation)
        for status, found in answers(operation).items():
            headers = set(found["headers"])
            assert "X-Request-ID" in headers, (method, path)
            assert "ETag" in headers or not sent & {"If-None-Match", "If-Match"} or status == "204", (method, path)
            assert ("ETag" in headers) or status != "304", (method, path)
            located = "Location" in headers or path.endswith(
                ("/bulk", "/api-keys", "/merge")
            )  # several, or nothing to show
            assert located or "Idempotency-Key" not in sent, (method, path)
            assert "Link" in headers or not {"next", "prev"} <= set(example_of(found)), (method, path)


def test_where_the_caller_stands_with_a_limit_is_documented_wherever_it_is_told(
    document: dict[str, Any], operations: Operations
) -> None:
    told = {name for name in EXPOSED_HEADERS.split(", ") if name.startswith("RateLimit")}
    assert len(told) == 5
    for (method, path), operation in operations.items():
        for found in answers(operation).values():
            assert (told <= set(found["headers"])) == (not path.startswith("/health")), (method, path)
    for found in document["components"]["responses"].values():
        assert told <= set(found["headers"])


def test_every_parameter_is_described(operations: Operations) -> None:
    for key, operation in operations.items():
        for found in operation.get("parameters", []):
            assert found.get("description") or found["in"] == "path", (key, found["name"])


def example_of(answer: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = answer.get("content", {}).get("application/json", {}).get("example", {})
    return found


def test_every_json_has_an_example(operations: Operations) -> None:
    for key, operation in operations.items():
        bodies = [operation.get("requestBody", {}), *answers(operation).values()]
        for body in bodies:
            content = body.get("content", {}).get("application/json")
            assert content is None or "example" in content, key


def test_examples_are_as_their_schemas_say(document: dict[str, Any], operations: Operations) -> None:
    registry = {"$schema": "https://json-schema.org/draft/2020-12/schema", "components": document["components"]}
    for key, operation in operations.items():
        for body in [operation.get("requestBody", {}), *answers(operation).values()]:
            content = body.get("content", {}).get("application/json", {})
            if "example" in content:
                errors = list(Draft202012Validator(registry | content["schema"]).iter_errors(content["example"]))
                assert not errors, (key, errors)


def test_an_id_that_was_made_is_linked_to_all_that_take_it(operations: Operations) -> None:
    made = operations["post", "/api/v1/atendimento"]["responses"]["201"]["links"]
    assert set(made) == {"show_atendimento", "replace_atendimento", "change_atendimento", "delete_atendimento"}
    sent = operations["post", "/api/v1/imports"]["responses"]["202"]["links"]
    assert {"show_import", "list_rejections", "cancel_import", "task_status"} <= set(sent)
    ids = {operation["operationId"] for operation in operations.values()}
    assert set(made) | set(sent) <= ids


def test_the_upload_is_documented_as_a_part_and_as_a_body(operations: Operations) -> None:
    content = operations["post", "/api/v1/imports"]["requestBody"]["content"]
    assert {"multipart/form-data", "text/csv", "application/gzip"} <= set(content)


def test_every_operation_is_in_the_workspace_and_nothing_else_is(
    operations: Operations, workspace: list[dict[str, Any]]
) -> None:
    requests = {
        (found["_id"].removeprefix("req_"), found["method"].lower()) for found in workspace if "method" in found
    }
    found = {(operation["operationId"], method) for (method, _), operation in operations.items()}
    again = {("short_login", "post"), ("create_angel_again", "post"), ("create_polo_again", "post")}
    assert requests == found | again


def test_the_workspace_hangs_together(workspace: list[dict[str, Any]]) -> None:
    ids = [found["_id"] for found in workspace]
    assert len(set(ids)) == len(ids)
    assert all(found["parentId"] in (None, *ids) for found in workspace)
    (environment,) = (found["data"] for found in workspace if found["_type"] == "environment")
    text = json.dumps(workspace)
    assert set(re.findall(r"\{\{ _\.(\w+) \}\}", text)) == set(environment)
    assert set(re.findall(r"response 'body', '(\w+)'", text)) <= set(ids)


def test_ids_come_from_requests_further_up(workspace: list[dict[str, Any]]) -> None:
    seen: set[str] = set()
    for request in in_order():
        assert set(re.findall(r"response 'body', '(\w+)'", json.dumps(request))) <= seen, request["_id"]
        seen.add(request["_id"])
    assert len(seen) == sum(found["_type"] == "request" for found in workspace)


def test_requests_take_the_token_from_the_login(workspace: list[dict[str, Any]]) -> None:
    requests = {found["_id"]: found for found in workspace if found["_type"] == "request"}
    login = requests["req_login"]
    assert json.loads(login["body"]["text"]) == {"username": "{{ _.username }}", "password": "{{ _.password }}"}
    token = requests["req_list_imports"]["authentication"]["token"]
    found = re.fullmatch(r"\{% response 'body', '(\w+)', 'b64::(.+)::46b', 'when-expired', 3000 %\}", token)
    assert found
    assert (found[1], base64.b64decode(found[2])) == ("req_login", b"$.access_token")
    assert login["authentication"] == {}


def test_what_ends_or_exchanges_its_session_has_a_login_of_its_own(workspace: list[dict[str, Any]]) -> None:
    requests = {found["_id"]: found for found in workspace if found["_type"] == "request"}
    for text, field in (
        (requests["req_logout"]["authentication"]["token"], b"$.access_token"),
        (json.loads(requests["req_refresh_tokens"]["body"]["text"])["refresh_token"], b"$.refresh_token"),
    ):
        found = re.fullmatch(r"\{% response 'body', '(\w+)', 'b64::(.+)::46b', 'always', 3000 %\}", text)
        assert found
        assert (found[1], base64.b64decode(found[2])) == ("req_short_login", field)
    login, again = requests["req_login"], requests["req_short_login"]
    assert {name for name in login if login[name] != again[name]} == {"_id", "name", "metaSortKey"}


def test_the_upload_in_the_workspace_only_lacks_its_file(workspace: list[dict[str, Any]]) -> None:
    (body,) = (found["body"] for found in workspace if found["_id"] == "req_upload")
    assert body["mimeType"] == "multipart/form-data"
    assert (body["params"][0]["name"], body["params"][0]["type"]) == ("file", "file")


def test_docs_write_writes_both(offline_app: Flask, tmp_path: Path) -> None:
    result = offline_app.test_cli_runner().invoke(args=["docs", "write", "--folder", str(tmp_path)])
    assert result.exit_code == 0, result.output
    assert {path.name for path in tmp_path.iterdir()} == {"openapi.json", "insomnia_workspace.yaml"}
