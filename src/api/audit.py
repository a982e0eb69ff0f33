"""The audit log: listed for admins, changed by nobody."""

from __future__ import annotations

from typing import Any

from flask import Response

from src.api import records
from src.api.blueprints import Blueprint
from src.api.guard import requires
from src.api.schemas import audit as schemas
from src.api.schemas.lists import wanted
from src.services import audit as service

audit = Blueprint("audit", __name__, description="Who changed what")


@audit.route("/audit-log")
@requires("admin")
@audit.arguments(schemas.AuditListArguments(), location="query")
@records.list_documented(audit, schemas.AuditPageSchema, schemas.EXAMPLE)
def list_changes(arguments: dict[str, Any]) -> Response:
    """List logins and the changes to users, keys, imports and records, or download all that match the filters."""
    return records.list_response(arguments, wanted(arguments), service.list_changes, service.export_changes)
