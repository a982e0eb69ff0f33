"""API keys, for admins."""

from __future__ import annotations

from typing import Any

from flask import Response

from src.api import records
from src.api.blueprints import Blueprint
from src.api.guard import caller, requires
from src.api.responses import json_response
from src.api.schemas import api_keys as schemas
from src.api.schemas.lists import wanted
from src.services import api_keys as service

api_keys = Blueprint("api_keys", __name__, description="Keys for programs")

_STORED = {
    "id": 1,
    "name": "nightly export",
    "prefix": "indicators_Xy3_a9",
    "role": "viewer",
    "created_by": 1,
    "created_at": "2021-07-01T08:00:00",
    "expires_at": "2031-12-31T23:59:59",
    "last_used_at": None,
}


@api_keys.route("/api-keys")
@requires("admin")
@api_keys.arguments(schemas.ApiKeyListArguments(), location="query")
@records.list_documented(api_keys, schemas.ApiKeyPageSchema, _STORED)
def list_api_keys(arguments: dict[str, Any]) -> Response:
    """List the API keys that are not revoked."""
    return records.list_response(arguments, wanted(arguments), service.list_keys, service.export_keys)


@api_keys.route("/api-keys", methods=["POST"])
@requires("manage keys")
@api_keys.arguments(
    schemas.NewApiKeySchema(), example={"name": "nightly export", "role": "viewer", "expires_at": "2031-12-31"}
)
@records.create_documented(api_keys, schemas.CreatedApiKeySchema, {**_STORED, "key": "indicators_Xy3_a9..."})
def create_api_key(fields: dict[str, Any]) -> Response:
    """Create an API key; it is shown only in this answer, and not when the answer is repeated."""
    request = records.idempotent("create_api_key", fields)
    response = json_response(service.add_key(caller(), fields, request))
    response.status_code = 201
    response.headers["Cache-Control"] = "no-store"
    return response


@api_keys.route(f"/api-keys/{records.ID.format('api_key_id')}", methods=["DELETE"])
@requires("manage keys")
@api_keys.response(204, description="The key no longer works.")
@api_keys.alt_response(404, "NOT_FOUND")
def revoke_api_key(api_key_id: int) -> tuple[str, int]:
    """Revoke an API key, at once."""
    service.revoke_key(api_key_id)
    return "", 204
