"""The Insomnia workspace, made from the OpenAPI document: every operation, ready to send once logged in."""

from __future__ import annotations

import base64
import json
import re
from typing import Any

LOGIN = "login"
# A second login: what ends its own session must not end that of all other requests.
SHORT_LOGIN = "short_login"
WORKSPACE = "wrk_indicators"


def _answered(login: str, field: str, again: str) -> str:
    """Return Insomnia's tag for a field of a login's answer; `again` says when the login is sent again."""
    path = base64.b64encode(f"$.{field}".encode()).decode()
    return f"{{% response 'body', 'req_{login}', 'b64::{path}::46b', {again} %}}"


TOKEN = _answered(LOGIN, "access_token", "'when-expired', 3000")
# What is sent instead of the examples, so that each request can be sent as it is, also twice.
BODIES = {
    LOGIN: {"username": "{{ _.username }}", "password": "{{ _.password }}"},
    "refresh_tokens": {"refresh_token": _answered(SHORT_LOGIN, "refresh_token", "'always', 60")},
    "change_password": {"current_password": "{{ _.password }}", "new_password": "{{ _.password }}"},
}
TOKENS = {"logout": _answered(SHORT_LOGIN, "access_token", "'always', 60")}
METHODS = ("get", "post", "put", "patch", "delete")
ENVIRONMENT = {
    "base_url": "http://127.0.0.1:7012",
    "username": "admin",
    "password": "",
    "import_id": 1,
    "atendimento_id": 1,
    "cliente_id": 528921976,
    "angel_id": 1,
    "polo_id": 1,
    "user_id": 2,
    "api_key_id": 1,
}


def insomnia_workspace(document: dict[str, Any]) -> dict[str, Any]:
    """Return an Insomnia export (format 4): a folder for each tag, a request for each operation of `document`."""
    operations = [
        (path, method, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if method in METHODS
    ]
    tags = dict.fromkeys(operation["tags"][0] for _, _, operation in operations)
    return {
        "_type": "export",
        "__export_format": 4,
        "__export_source": "indicators",
        "resources": [
            _workspace(document["info"]),
            _environment(),
            *map(_folder, tags),
            *(request for operation in operations for request in _requests(*operation)),
        ],
    }


def _workspace(info: dict[str, Any]) -> dict[str, Any]:
    return {
        "_id": WORKSPACE,
        "_type": "workspace",
        "parentId": None,
        "name": info["title"],
        "description": info["description"],
        "scope": "collection",
    }


def _environment() -> dict[str, Any]:
    return {
        "_id": "env_indicators",
        "_type": "environment",
        "parentId": WORKSPACE,
        "name": "Base Environment",
        "data": dict(ENVIRONMENT),
    }


def _folder(tag: str) -> dict[str, Any]:
    return {"_id": f"fld_{tag}", "_type": "request_group", "parentId": WORKSPACE, "name": tag}


def _request(path: str, method: str, operation: dict[str, Any]) -> dict[str, Any]:
    request = {
        "_id": f"req_{operation['operationId']}",
        "_type": "request",
        "parentId": f"fld_{operation['tags'][0]}",
        "name": operation["summary"],
        "method": method.upper(),
        "url": "{{ _.base_url }}" + re.sub(r"\{(\w+)\}", r"{{ _.\1 }}", path),
        "parameters": [_parameter(found) for found in operation.get("parameters", []) if found["in"] == "query"],
        "headers": [],
        "body": {},
        "authentication": _authentication(operation),
    }
    _fill_body(request, operation)
    return request


def _requests(path: str, method: str, operation: dict[str, Any]) -> list[dict[str, Any]]:
    request = _request(path, method, operation)
    if operation["operationId"] != LOGIN:
        return [request]
    again = {"_id": f"req_{SHORT_LOGIN}", "name": "Log in once more, for a session that is refreshed or ended."}
    return [request, request | again]


def _authentication(operation: dict[str, Any]) -> dict[str, Any]:
    if not operation.get("security"):
        return {}
    return {"type": "bearer", "token": TOKENS.get(operation["operationId"], TOKEN)}


def _parameter(found: dict[str, Any]) -> dict[str, Any]:
    default = found.get("schema", {}).get("default")
    value = "" if default is None else str(default).lower() if isinstance(default, bool) else str(default)
    return {"name": found["name"], "value": value, "disabled": True, "description": found.get("description", "")}


def _fill_body(request: dict[str, Any], operation: dict[str, Any]) -> None:
    content = operation.get("requestBody", {}).get("content", {})
    if "multipart/form-data" in content:
        part = {"name": "file", "type": "file", "fileName": "bd_desafio.csv"}
        request["body"] = {"mimeType": "multipart/form-data", "params": [part]}
    elif "application/json" in content:
        example = BODIES.get(operation["operationId"]) or content["application/json"].get("example", {})
        text = json.dumps(example, indent=2, ensure_ascii=False)
        request["body"] = {"mimeType": "application/json", "text": text}
        request["headers"] = [{"name": "Content-Type", "value": "application/json"}]
