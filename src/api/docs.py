"""Swagger UI at /docs, from the package's own files: the page asks no other host for anything."""

from __future__ import annotations

from flask_swagger_ui import get_swaggerui_blueprint

# Left alone, Swagger UI would send the document's address to validator.swagger.io.
swagger_ui = get_swaggerui_blueprint(
    "/docs", "/openapi.json", config={"app_name": "Indicators API", "validatorUrl": None}
)
