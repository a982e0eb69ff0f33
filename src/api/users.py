"""Users, for admins."""

from __future__ import annotations

from typing import Any

from flask import Response

from src.api import records
from src.api.blueprints import Blueprint
from src.api.guard import requires
from src.api.schemas import users as schemas
from src.api.schemas.lists import wanted
from src.services import users as service
from src.services.passwords import fingerprint_of

ID = f"/users/{records.ID.format('user_id')}"

users = Blueprint("users", __name__, description="Who may log in")

_BIA = {"username": "bia.lima", "email": "bia@example.com", "role": "operator", "disabled": False}
_STORED = {"id": 3, **_BIA, **schemas.TIMES}


@users.route("/users")
@requires("admin")
@users.arguments(schemas.UserListArguments(), location="query")
@records.list_documented(users, schemas.UserPageSchema, _STORED)
def list_users(arguments: dict[str, Any]) -> Response:
    """List users, or download all that match the filters."""
    return records.list_response(arguments, wanted(arguments), service.list_users, service.export_users)


@users.route("/users", methods=["POST"])
@requires("manage users")
@users.arguments(schemas.NewUserSchema(), example={**_BIA, "password": "four words of mine"})
@records.create_documented(users, schemas.UserRecordSchema, _STORED, "ETag", "Location")
def create_user(fields: dict[str, Any]) -> Response:
    """Add a user."""
    # What is remembered of the request must tell passwords apart, and tell nobody what they are.
    known = {**fields, "password": fingerprint_of(fields["password"])}
    return records.created_response(service.add_user(fields, records.idempotent("create_user", known)))


@users.route(ID)
@requires("admin")
@records.show_documented(users, schemas.UserRecordSchema, _STORED)
def show_user(user_id: int) -> Response:
    """Show a user."""
    return records.record_response(service.show_user(user_id))


@users.route(ID, methods=["PATCH"])
@requires("manage users")
@users.arguments(schemas.UserChange(), example={"role": "operator"})
@records.change_documented(users, schemas.UserRecordSchema, _STORED, 409)
def change_user(fields: dict[str, Any], user_id: int) -> Response:
    """Change any part of a user; what its tokens may do changes at once."""
    return records.record_response(service.change_user(user_id, fields, records.unchanged))


@users.route(ID, methods=["DELETE"])
@requires("manage users")
@records.delete_documented(users, 409)
def delete_user(user_id: int) -> tuple[str, int]:
    """Remove a user; its tokens end at once and its name is free again."""
    service.delete_user(user_id, records.unchanged)
    return "", 204
