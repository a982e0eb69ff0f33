"""The OpenAPI document: an id for each operation, errors as problems, tokens as the way in."""

from __future__ import annotations

from typing import Any

from apispec import APISpec, BasePlugin
from flask import Flask
from werkzeug.routing import Rule

from src.api.guard import KEY_HEADER
from src.api.problems import MEDIA_TYPE
from src.api.schemas.problems import ProblemSchema
from src.extensions import api

DESCRIPTION = (
    "Takes the CSV exports of a last-mile operation and answers how productive each Green Angel is and what SLA each "
    "polo and each Green Angel keeps. Log in and send `Authorization: Bearer <access_token>`, or send an API key as "
    "`X-API-Key`; upload a CSV, ask for an indicator."
)


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
    api.init_app(app, spec_kwargs={"extra_plugins": [OperationIds()], "info": {"description": DESCRIPTION}})
    api.spec.components.security_scheme("bearer", {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"})
    key = {"type": "apiKey", "in": "header", "name": KEY_HEADER}
    api.spec.components.security_scheme("apiKey", key)
    _document_problems(api.spec)


def _document_problems(spec: APISpec) -> None:
    """Give the errors their media type; flask-smorest documents them as application/json."""
    for response in spec.components.responses_lazy.values():
        content = response.get("content", {})
        if "application/json" in content:
            content[MEDIA_TYPE] = content.pop("application/json")
