"""Absolute addresses in answers, and redirects that name no host."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from flask import Flask, Response, current_app, request, url_for

from src.config import Settings

REDIRECTS = range(300, 400)


def register_redirects(app: Flask) -> None:
    """Make every redirect of `app` relative: a `Host` that a client made up then leads nobody away."""
    app.after_request(_make_relative)


def absolute(path: str) -> str:
    """Return the path as clients reach it: below PUBLIC_URL, else below the request's own scheme and host.

    It stays a path if the request has no usable `Host`.
    """
    settings: Settings = current_app.config["SETTINGS"]
    if settings.public_url:
        return settings.public_url + path
    return f"{request.scheme}://{request.host}{path}" if request.host else path


def link_to(endpoint: str, **ids: Any) -> str:
    """Return the absolute address of a view."""
    return absolute(url_for(endpoint, **ids))


def _make_relative(response: Response) -> Response:
    location = response.headers.get("Location")
    if location and response.status_code in REDIRECTS:
        parts = urlsplit(location)
        # Two slashes at the start, or a backslash, would name a host again.
        path = "/" + parts.path.lstrip("/\\")
        response.headers["Location"] = f"{path}?{parts.query}" if parts.query else path
    return response
