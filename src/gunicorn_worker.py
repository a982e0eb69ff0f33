"""gunicorn's threaded worker, which stops listening when it is told to stop."""

from __future__ import annotations

import json
import select
import socket
import uuid

from gunicorn import util
from gunicorn.workers.gthread import ThreadWorker


def write_problem(sock: socket.socket, status_int: int, reason: str, mesg: str) -> None:
    """Answer what no request could be made of as a problem (RFC 9457), and close."""
    request_id = uuid.uuid4().hex
    body = {"type": "about:blank", "title": reason, "status": status_int, "detail": mesg or reason, "errors": {}}
    text = json.dumps(body | {"request_id": request_id})
    head = {
        "Connection": "close",
        "Content-Type": "application/problem+json",
        "Content-Length": len(text),
        "X-Request-ID": request_id,
    }
    lines = [f"HTTP/1.1 {status_int} {reason}", *(f"{name}: {value}" for name, value in head.items()), "", text]
    util.write_nonblock(sock, "\r\n".join(lines).encode("ascii"))


# Gunicorn writes a page of HTML, and has no setting for it.
util.write_error = write_problem


class Worker(ThreadWorker):  # type: ignore[misc]
    """Finishes what it has, and takes nothing new.

    Gunicorn's own keeps the port open until its last request has ended: an upload of 20 s would have all who come
    meanwhile wait for nobody, where a proxy could have sent them to another server at once.
    """

    def set_accept_enabled(self, enabled: bool) -> None:
        """Take new connections or not; once stopping, close the port, after those that the kernel has taken for us."""
        super().set_accept_enabled(enabled)
        if self.alive:
            return
        for listener in self.sockets:
            while listener.fileno() >= 0 and select.select([listener], [], [], 0)[0]:
                self.accept(listener)
            listener.close()
