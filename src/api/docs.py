"""Swagger UI at /docs, from the package's own files: the page asks no other host for anything.

The page itself is ours: the package's has code in it, which our Content-Security-Policy forbids.
"""

from __future__ import annotations

from pathlib import Path

import flask_swagger_ui
from flask import Blueprint, Response, send_from_directory

PAGE = Path(__file__).parent / "swagger_ui"
OWN = ("index.html", "start.js", "sign-in.css")
FILES = Path(flask_swagger_ui.__file__).parent / "dist"

swagger_ui = Blueprint("swagger_ui", __name__, url_prefix="/docs")


@swagger_ui.route("", defaults={"path": "index.html"}, strict_slashes=False)
@swagger_ui.route("/<path:path>")
def show(path: str) -> Response:
    """Send the page, or a file that it asks for."""
    return send_from_directory(PAGE if path in OWN else FILES, path)
