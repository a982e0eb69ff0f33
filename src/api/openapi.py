"""The OpenAPI document: an id for each operation, errors as problems, tokens as the way in."""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from apispec import BasePlugin
from flask import Flask
from werkzeug.routing import Rule

from src import errors
from src.api.bodies import TOO_SLOW
from src.api.guard import HOW_TO, KEY_HEADER, roles_with
from src.api.problems import MEDIA_TYPE, REGISTRY, RETRY_SECONDS, phrase
from src.api.schemas.problems import ProblemSchema
from src.extensions import api

DESCRIPTION = (
    "Takes the CSV exports of a last-mile operation and answers how productive each Green Angel is and what SLA each "
    "polo and each Green Angel keeps. Log in and send `Authorization: Bearer <access_token>`, or send an API key as "
    "`X-API-Key`; upload a CSV, ask for an indicator. Every answer has an `X-Request-ID`, the request's own where it "
    "sends one; every error is a problem (RFC 9457). GET answers HEAD too. For older clients all of /api/v1 answers "
    "under /v1 as well, with `services` for `atendimento`, `customers` for `clientes` and `batch` for `import_csv`."
)
INFO = {
    "description": DESCRIPTION,
    "contact": {"name": "Control team of Pedra Pagamentos"},
    "license": {"name": "Proprietary", "identifier": "LicenseRef-Proprietary"},
}
# Wherever the document is read from: also behind a proxy.
SERVERS = [{"url": "/", "description": "The service that this document comes from"}]
FIRST_TAGS = ("indicators", "records", "imports", "atendimentos", "clientes", "angels", "polos")
LAST_TAGS = ("health", "echo")
# Of a query parameter: something to see is in it.
NOT_BLANK = r"[^\s\x1c-\x1f\x85]"
METHODS = ("get", "post", "put", "patch", "delete")


def _text(description: str, example: str, *, pattern: str | None = None, always: bool = False) -> dict[str, Any]:
    schema = {"type": "string"} | ({"pattern": pattern} if pattern else {})
    return {"description": description, "schema": schema, "example": example} | ({"required": True} if always else {})


def _count(description: str, example: int) -> dict[str, Any]:
    return {"description": description, "schema": {"type": "integer", "minimum": 0}, "example": example}


HEADERS: dict[str, dict[str, Any]] = {
    "X-Request-ID": _text(
        "Names the request in the log; the caller's own where it is up to 64 letters, digits, . _ or -.",
        "7f0c1c3e5b7f4c0c8b8a9d3f7b1f0c55",
        pattern="^[A-Za-z0-9._-]{1,64}$",
        always=True,
    ),
    "ETag": _text(
        "Identifies the answer; for If-None-Match and If-Match.",
        '"b5f1f0cbb3a8e0d1c9b0f7f7c2c8d3b5a7e4f6a1"',
        always=True,
    ),
    "Location": _text("Its address.", "http://localhost:7012/api/v1/atendimento/1868", always=True),
    "Link": _text(
        "The next and the previous page, where there is one.",
        '<http://localhost:7012/api/v1/atendimento?limit=50&cursor=PjUw>; rel="next"',
    ),
    "Indicator-Period": _text(
        "The period that was counted; a file has no other place for it.",
        'start_date="2021-06-01", end_date="2021-06-30", business_days=22, calendar="BR", calendar_covers=?1, '
        'calendar_start_date="2000-01-01", calendar_end_date="2050-12-31"',
    ),
    "Content-Disposition": _text("The name of a download.", 'attachment; filename="atendimento.csv"'),
    "Retry-After": _count("Seconds to wait.", RETRY_SECONDS),
    "RateLimit-Policy": _text(
        "The limit that the request counted against: so many (q) in so many seconds (w).", '"reads";q=120000;w=60'
    ),
    "RateLimit": _text("What is left of it (r), for so many seconds more (t).", '"reads";r=119999;t=42'),
    "RateLimit-Limit": _count("The same `q`, for older clients.", 120000),
    "RateLimit-Remaining": _count("The same `r`, for older clients.", 119999),
    "RateLimit-Reset": _count("The same `t`, for older clients.", 42),
    "WWW-Authenticate": _text("The scheme.", "Bearer"),
}
RATE_LIMITS = tuple(name for name in HEADERS if name.startswith("RateLimit"))
# By status: what a problem with it may be, its sentence, and the fields at fault.
PROBLEMS: dict[int, tuple[type[errors.DomainError] | None, str, dict[str, list[str]]]] = {
    400: (
        errors.UnknownParameter,
        "Unknown query parameter: colour. This call accepts kind, mode.",
        {"colour": ["Unknown query parameter."]},
    ),
    401: (errors.NotAuthenticated, HOW_TO, {}),
    403: (errors.NotAllowed, "This needs the right `write`, which the role viewer does not have.", {}),
    404: (errors.AtendimentoNotFound, "There is no atendimento 1868.", {}),
    408: (errors.RequestTooSlow, TOO_SLOW, {}),
    409: (
        errors.AtendimentoTaken,
        "There is an atendimento with the id 1868 already.",
        {"id": ["1868 is taken."]},
    ),
    412: (errors.RecordChanged, "The record has changed since you read it: read it again.", {}),
    413: (None, "The request is larger than is allowed here.", {}),
    414: (None, "The address is too long.", {}),
    415: (None, "Send the body as application/json.", {}),
    422: (
        errors.InvalidFields,
        "A whole record is needed: polo is missing.",
        {"polo": ["Missing data for required field."]},
    ),
    429: (errors.TooManyRequests, "At most 120000 reads per minute. Try again in 42 s.", {}),
    500: (None, "Something went wrong here. Include the request_id when you report it.", {}),
    503: (errors.DatabaseUnavailable, "The database can't be reached right now.", {}),
    507: (errors.StorageFull, "The disk that keeps uploads is full. Nothing of the file was kept.", {}),
}
# The statuses that any call may end in; those of a call with an id in its path, with a query, with a body.
ANY_CALL = (400, 429, 500, 503)
WITH_PATH_PARAMETER = (404,)
WITH_QUERY = (414,)
WITH_BODY = (413, 415, 422)


class OperationIds(BasePlugin):
    """Names each operation after its view, so that generated clients read well."""

    def operation_helper(
        self, path: str | None = None, operations: dict[str, Any] | None = None, **kwargs: Any
    ) -> None:
        rule: Rule = kwargs["rule"]
        for operation in (operations or {}).values():
            operation.setdefault("operationId", rule.endpoint.rpartition(".")[2])


def register_openapi(app: Flask) -> None:
    """Bind the document to `app`; it is served at /openapi.json."""
    api.ERROR_SCHEMA = ProblemSchema
    api.init_app(app, spec_kwargs={"extra_plugins": [OperationIds()], "info": INFO, "servers": SERVERS})
    api.spec.components.security_scheme("bearer", {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"})
    api.spec.components.security_scheme("apiKey", {"type": "apiKey", "in": "header", "name": KEY_HEADER})
    for name, header in HEADERS.items():
        api.spec.components.header(name, header)
    # Flask-smorest names these after Python's statuses, which differ between its versions; `_problem` makes ours.
    api.spec.components.responses_lazy.clear()
    # Also its own: the header of pages by number, which no list here has.
    api.spec.components.schemas.pop("PaginationMetadata")
    _add_problem("DEFAULT_ERROR", "Any other error.", ("X-Request-ID",))


def complete_document() -> None:
    """Add to every operation what all have in common. Must come after the last blueprint."""
    paths = api.spec._paths
    _order_tags()
    for path, item in paths.items():
        for operation in _operations(item):
            _tell_who_may_call(operation)
            for parameter in operation.get("parameters", []):
                _complete_parameter(parameter)
            _complete_responses(operation, _statuses(path, operation))
    _link_what_is_made(paths)
    for schema in api.spec.components.schemas.values():
        _bound_choices(schema)


def _bound_choices(schema: Any) -> None:
    """Give every text that is one of some words the length of the longest, and so a bound as all other texts have."""
    if isinstance(schema, list):
        for each in schema:
            _bound_choices(each)
    elif isinstance(schema, dict):
        if words := [word for word in schema.get("enum") or () if isinstance(word, str)]:
            schema.setdefault("maxLength", max(map(len, words)))
        for name, each in schema.items():
            if name not in ("enum", "example", "default"):
                _bound_choices(each)


def _order_tags() -> None:
    """Put what the service is for first, and what only programs ask for last."""
    tags = api.spec._tags
    places = {name: place for place, name in enumerate(FIRST_TAGS)}
    tags.sort(key=lambda tag: (tag["name"] in LAST_TAGS, places.get(tag["name"], len(places))))


def _tell_who_may_call(operation: dict[str, Any]) -> None:
    right = operation.get("x-required-right")
    sentence = f"Needs the right `{right}`: for {', '.join(roles_with(right))}." if right else "Open to all."
    operation["description"] = "\n\n".join(filter(None, (operation.get("description"), sentence)))


def _complete_responses(operation: dict[str, Any], statuses: list[int]) -> None:
    """Add the statuses, point all errors to their problems, and sort."""
    # Only operations that count against a limit of ours tell of it; a 429 of nginx's may meet all of them.
    of_all = ("X-Request-ID", *(RATE_LIMITS if "429" in operation["responses"] else ()))
    found = dict.fromkeys(map(str, statuses)) | operation["responses"]
    for status, response in found.items():
        if status != "default" and int(status) >= HTTPStatus.BAD_REQUEST:
            found[status] = _problem(int(status))
        elif "$ref" not in response:
            response["headers"] = response.get("headers", {}) | {name: _header(name) for name in of_all}
    operation["responses"] = dict(sorted(found.items()))


def _problem(status: int) -> Any:
    """Return the reference to the problem of that status, which is added to the document where it is the first."""
    name = phrase(status).replace(" ", "")
    if name not in api.spec.components.responses:
        own = {401: ("WWW-Authenticate",), 429: ("Retry-After",), 503: ("Retry-After",)}
        _add_problem(name, phrase(status), ("X-Request-ID", *own.get(status, ())), _example(status))
    return api.spec.components.get_ref("response", name)


def _add_problem(name: str, description: str, headers: tuple[str, ...], example: dict[str, Any] | None = None) -> None:
    content = {"schema": ProblemSchema} | ({"example": example} if example else {})
    named = {header: header for header in (*headers, *RATE_LIMITS)}
    response = {"description": description, "headers": named, "content": {MEDIA_TYPE: content}}
    api.spec.components.response(name, response)


def _example(status: int) -> dict[str, Any] | None:
    if status not in PROBLEMS:
        return None
    error, detail, fields = PROBLEMS[status]
    kind = REGISTRY[error] if error else None
    return {
        "type": f"urn:problem-type:{kind.slug}" if kind else "about:blank",
        "title": kind.title if kind else phrase(status),
        "status": status,
        "detail": detail,
        "errors": fields,
        "request_id": HEADERS["X-Request-ID"]["example"],
    }


def _operations(item: dict[str, Any]) -> Iterator[dict[str, Any]]:
    return (operation for method, operation in item.items() if method in METHODS)


def _statuses(path: str, operation: dict[str, Any]) -> list[int]:
    """Return what else may come of the operation than it says itself."""
    found = list(ANY_CALL)
    found += WITH_PATH_PARAMETER if "{" in path else ()
    found += WITH_QUERY if any(each["in"] == "query" for each in operation.get("parameters", [])) else ()
    found += WITH_BODY if "requestBody" in operation else ()
    return found


def _complete_parameter(parameter: dict[str, Any]) -> None:
    """Take back that a parameter may be null: in an address there is no such thing; it is left out instead.

    And say that it is not empty, nor pre-filled: Swagger UI would send every example, and the answer would be empty.
    """
    schema = parameter.get("schema", {})
    if parameter["in"] == "query" and not parameter.get("required"):
        parameter.pop("example", None)
        schema.pop("example", None)
    if None in schema.get("enum", ()):
        schema["enum"] = [value for value in schema["enum"] if value is not None]
    _bound_choices(schema)
    if isinstance(schema.get("type"), list):
        (schema["type"],) = (name for name in schema["type"] if name != "null")
    if "default" in schema and schema["default"] is None:
        del schema["default"]
    if parameter["in"] == "query" and schema.get("type") == "string" and not {"enum", "format"} & schema.keys():
        schema.setdefault("minLength", 1)
        schema.setdefault("pattern", NOT_BLANK)


def _header(name: str) -> Any:
    return api.spec.components.get_ref("header", name)


def _link_what_is_made(paths: dict[str, Any]) -> None:
    """Say of each operation that makes something where its id goes: to all that take it in their path."""
    for path, item in paths.items():
        maker = item.get("post")
        parameter = _parameter_after(path, paths)
        if maker is None or parameter is None:
            continue
        takers = [
            operation["operationId"]
            for taker, taken in paths.items()
            if f"{{{parameter}}}" in taker
            for operation in _operations(taken)
        ]
        links = {each: {"operationId": each, "parameters": {parameter: "$response.body#/id"}} for each in takers}
        for status, response in maker["responses"].items():
            if status.startswith("2") and "$ref" not in response:
                response["links"] = links


def _parameter_after(path: str, paths: dict[str, Any]) -> str | None:
    """Return the parameter of `path/{parameter}`, None where there is no such path."""
    found = (other.removeprefix(f"{path}/{{") for other in paths if other.startswith(f"{path}/{{"))
    return next((rest.partition("}")[0] for rest in found), None)
