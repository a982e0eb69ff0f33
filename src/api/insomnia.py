"""The Insomnia workspace, made from the OpenAPI document: every operation, ready to send, in an order that works.

Ids come from the answers of the requests that make them (the document's links), so that all of it can be sent from top
to bottom, and again: what a folder makes, its last request deletes.
"""

from __future__ import annotations

import base64
import json
import re
from typing import Any

LOGIN = "login"
# A second login: what ends its own session must not end that of all other requests.
SHORT_LOGIN = "short_login"
WORKSPACE = "wrk_indicators"
METHODS = ("post", "get", "put", "patch", "delete")
ENVIRONMENT = {"base_url": "http://127.0.0.1:7012", "username": "admin", "password": ""}
# Folders of other tags come behind these, and at the end the one of what ends or takes back what was done.
FIRST_FOLDERS = ("auth", "health", "echo", "imports")
LAST_FOLDER = "afterwards"
LAST = ("undo_import", "logout")
# The one that needs no file of the reader's.
UPLOADED = "upload_atendimentos"
# What is to be cancelled was sent a moment ago, behind another import.
MAKERS = {
    "import_id": UPLOADED,
    "cancel_import": "upload_clientes",
    "merge_angel": "create_angel_again",
    "merge_polo": "create_polo_again",
}
# Requests that another operation's is sent once more for.
AGAIN = {
    LOGIN: {"operationId": SHORT_LOGIN, "summary": "Log in once more, for a session that is refreshed or ended."},
    "create_angel": {"operationId": "create_angel_again", "summary": "Add another spelling of it, to be merged."},
    "create_polo": {"operationId": "create_polo_again", "summary": "Add another spelling of it, to be merged."},
}
# A known file makes no new import; and nobody wants the example's clientes.
ENABLED = {
    UPLOADED: {"force": "true"},
    "upload_clientes": {"force": "true", "dry_run": "true"},
}
# What must be known by whoever sends them.
NOTES = {
    "register": "403 if registration is closed (OPEN_REGISTRATION); under `make run` it is open.",
    "undo_import": "Send it once the import has completed: 409 before that, and if its records were changed since.",
    "upload": "Choose a file.",
}
Operation = dict[str, Any]


def _answer_of(operation_id: str, path: str, when: str) -> str:
    """Return the tag for a value of the latest answer to a request, which Insomnia sends (again) first if need be."""
    encoded = base64.b64encode(path.encode()).decode()
    return f"{{% response 'body', 'req_{operation_id}', 'b64::{encoded}::46b', '{when}', 3000 %}}"


# Logged in again before the hour is over; the token itself lives longer.
TOKEN = _answer_of(LOGIN, "$.access_token", "when-expired")
TOKENS = {"logout": _answer_of(SHORT_LOGIN, "$.access_token", "always")}
# What is sent instead of the examples, so that each request can be sent as it is, also twice.
CREDENTIALS = {"username": "{{ _.username }}", "password": "{{ _.password }}"}
BODIES = {
    LOGIN: CREDENTIALS,
    SHORT_LOGIN: CREDENTIALS,
    # Nobody can register twice.
    "register": {
        "username": "viewer-{% uuid 'v4' %}",
        "email": "viewer-{% uuid 'v4' %}@example.org",
        "password": "four words of mine",
    },
    "refresh_tokens": {"refresh_token": _answer_of(SHORT_LOGIN, "$.refresh_token", "always")},
    "create_angel_again": {"nome": "Beatris Nogueira Sales"},
    "create_polo_again": {"nome": "MG - VILA EXEMPLO"},
    "merge_angel": {"into": _answer_of("create_angel", "$.id", "no-history")},
    "merge_polo": {"into": _answer_of("create_polo", "$.id", "no-history")},
    "change_password": {"current_password": "{{ _.password }}", "new_password": "{{ _.password }}"},
}


def insomnia_workspace(document: dict[str, Any]) -> dict[str, Any]:
    """Return an Insomnia export (format 4): a folder for each tag, a request for each operation of `document`."""
    operations = [
        operation | {"path": path, "method": method}
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if method in METHODS
    ]
    folders = sorted(dict.fromkeys([*FIRST_FOLDERS, *map(_folder_of, operations)]), key=LAST_FOLDER.__eq__)
    makers = _makers(operations)
    operations += [found | AGAIN[own_id] for found in operations if (own_id := found["operationId"]) in AGAIN]
    operations.sort(key=lambda found: (folders.index(_folder_of(found)), *_place(found)))
    return {
        "_type": "export",
        "__export_format": 4,
        "__export_source": "indicators",
        "resources": [
            _workspace(document["info"]),
            _environment(),
            *(_folder(number, name) for number, name in enumerate(folders)),
            *(_request(number, found, makers) for number, found in enumerate(operations)),
        ],
    }


def _folder_of(operation: Operation) -> str:
    return LAST_FOLDER if operation["operationId"] in LAST else str(operation["tags"][0])


def _place(operation: Operation) -> tuple[int, int, int]:
    """Return where it stands in its folder: the logins first, what is made before what shows and deletes it."""
    own_id, method = operation["operationId"], operation["method"]
    if own_id in LAST:
        return LAST.index(own_id), 0, 0
    # Two are made before they are merged, and what belongs to one is deleted before it.
    depth = operation["path"].count("/") * {"post": 1, "delete": -1}.get(method, 0)
    return int(own_id not in (LOGIN, SHORT_LOGIN)), METHODS.index(method), depth


def _makers(operations: list[Operation]) -> dict[tuple[str, str], str]:
    """Return, for each operation and parameter in its path, the operation whose answer has the value as its id."""
    found: dict[tuple[str, str], str] = {}
    for maker in operations:
        links = [link for answer in maker["responses"].values() for link in answer.get("links", {}).values()]
        for link in links:
            for parameter in link["parameters"]:
                taker = link["operationId"]
                found[taker, parameter] = MAKERS.get(taker) or MAKERS.get(parameter) or maker["operationId"]
    return found


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


def _folder(number: int, name: str) -> dict[str, Any]:
    return {
        "_id": f"fld_{name}",
        "_type": "request_group",
        "parentId": WORKSPACE,
        "name": name,
        "metaSortKey": number,
    }


def _request(number: int, operation: Operation, makers: dict[tuple[str, str], str]) -> dict[str, Any]:
    own_id = operation["operationId"]

    def id_made(parameter: re.Match[str]) -> str:
        if parameter[1] == "alias_id":
            return _answer_of(own_id.replace("delete", "merge").removesuffix("_alias"), "$.alias.id", "no-history")
        return _answer_of(makers[own_id, parameter[1]], "$.id", "no-history")

    return {
        "_id": f"req_{own_id}",
        "_type": "request",
        "parentId": f"fld_{_folder_of(operation)}",
        "name": operation["summary"],
        "description": NOTES.get(own_id, ""),
        "metaSortKey": number,
        "method": operation["method"].upper(),
        "url": "{{ _.base_url }}" + re.sub(r"\{(\w+)\}", id_made, operation["path"]),
        "parameters": [_parameter(operation, found) for found in _sent(operation, "query")],
        "headers": [*_content_type(operation), *(_parameter(operation, found) for found in _sent(operation, "header"))],
        "body": _body(operation),
        "authentication": {"type": "bearer", "token": TOKENS.get(own_id, TOKEN)} if operation.get("security") else {},
    }


def _sent(operation: Operation, place: str) -> list[dict[str, Any]]:
    return [found for found in operation.get("parameters", []) if found["in"] == place]


def _parameter(operation: Operation, found: dict[str, Any]) -> dict[str, Any]:
    default = found.get("schema", {}).get("default")
    value = "" if default is None else str(default).lower() if isinstance(default, bool) else str(default)
    enabled = ENABLED.get(operation["operationId"], {}).get(found["name"])
    return {
        "name": found["name"],
        "value": enabled or value,
        "disabled": enabled is None,
        "description": found.get("description", ""),
    }


def _content_type(operation: Operation) -> list[dict[str, Any]]:
    kind = _body(operation).get("mimeType")
    # Insomnia writes the one with a boundary itself.
    return [{"name": "Content-Type", "value": kind}] if kind and kind != "multipart/form-data" else []


def _body(operation: Operation) -> dict[str, Any]:
    content = operation.get("requestBody", {}).get("content", {})
    if text := content.get("text/csv", {}).get("example"):
        return {"mimeType": "text/csv", "text": text}
    if "multipart/form-data" in content:
        part = {"name": "file", "type": "file", "fileName": "bd_desafio.csv"}
        return {"mimeType": "multipart/form-data", "params": [part]}
    if "application/json" in content:
        example = content["application/json"].get("example", {})
        own = BODIES.get(operation["operationId"]) or example
        return {"mimeType": "application/json", "text": json.dumps(own, indent=2, ensure_ascii=False)}
    return {}
