"""Whether the process lives, and whether the service can work."""

from __future__ import annotations

from src.api.blueprints import Blueprint
from src.api.guard import open_to_all
from src.api.schemas.health import HealthSchema
from src.services.health import check_ready

OK = {"status": "ok"}

health = Blueprint("health", __name__, description="For supervisors and load balancers")


@health.route("/health/live")
@open_to_all
@health.response(200, HealthSchema, example=OK)
def live() -> dict[str, str]:
    """Answer that the process serves, whatever else is down."""
    return OK


@health.route("/health/ready")
@open_to_all
@health.response(200, HealthSchema, example=OK)
@health.alt_response(503, "SERVICE_UNAVAILABLE")
def ready() -> dict[str, str]:
    """Answer whether database, schema, broker and a worker are there; the 503 names what is missing."""
    check_ready()
    return OK
