"""X-Request-ID in and out: the thread between a client's report and the log."""

from __future__ import annotations

import re
import uuid

import structlog
from flask import Flask, Response, g, request

HEADER = "X-Request-ID"
# What a caller sends is written to logs: nothing that could break a line or a terminal.
SANE = re.compile(r"[A-Za-z0-9._-]{1,64}")


def register_request_id(app: Flask) -> None:
    """Give each request an id, the caller's own where it is sane, and send it back."""
    app.before_request(_take)
    app.after_request(_send_back)


def _take() -> None:
    sent = request.headers.get(HEADER, "")
    g.address = request.remote_addr
    g.request_id = sent if SANE.fullmatch(sent) else uuid.uuid4().hex
    # Threads serve one request after another: what the one before bound is not this one's.
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=g.request_id)


def _send_back(response: Response) -> Response:
    response.headers[HEADER] = g.get("request_id") or uuid.uuid4().hex
    return response
