"""Answering what came, for clients that try their connection."""

from __future__ import annotations

from flask import Response, current_app, request
from werkzeug.exceptions import BadRequest

from src.api.blueprints import Blueprint
from src.api.bodies import json_body
from src.api.guard import requires
from src.api.responses import json_response

echo = Blueprint("echo", __name__, description="For trying the connection")

EXAMPLE = {"message": "hello"}
_BODY = {"required": True, "content": {"application/json": {"schema": {}, "example": EXAMPLE}}}


@echo.route("/echo", methods=["POST"])
@requires("read")
@echo.doc(requestBody=_BODY)
@echo.response(200, {}, description="What was sent.", example=EXAMPLE)
def echo_back() -> Response:
    """Answer the JSON that was sent."""
    try:
        return json_response(current_app.json.loads(json_body(request)))
    except ValueError:
        raise BadRequest("The body can't be read as JSON.") from None
