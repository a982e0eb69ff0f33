"""Problems (RFC 9457) of the web server itself, for what never gets to the application."""

from __future__ import annotations

import json
import socket
import uuid

from gunicorn import util


def problem_bytes(status: int, reason: str, detail: str) -> bytes:
    """Return an answer to what no request could be made of: a problem (RFC 9457), and the connection's end."""
    request_id = uuid.uuid4().hex
    body = {"type": "about:blank", "title": reason, "status": status, "detail": detail or reason, "errors": {}}
    text = json.dumps(body | {"request_id": request_id})
    head = {
        "Connection": "close",
        "Content-Type": "application/problem+json",
        "Content-Length": len(text),
        "X-Request-ID": request_id,
    }
    lines = [f"HTTP/1.1 {status} {reason}", *(f"{name}: {value}" for name, value in head.items()), "", text]
    return "\r\n".join(lines).encode("ascii")


def write_problem(sock: socket.socket, status_int: int, reason: str, mesg: str) -> None:
    """Answer to what gunicorn refuses by itself."""
    sock.sendall(problem_bytes(status_int, reason, mesg))


def write_problems() -> None:
    """Have gunicorn answer with problems, instead of pages of HTML; it has no setting for it."""
    util.write_error = write_problem
