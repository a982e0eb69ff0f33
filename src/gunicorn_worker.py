"""gunicorn's threaded worker, which takes what it has a thread for, and stops listening when it is told to stop."""

from __future__ import annotations

import json
import select
import socket
import uuid
from typing import Any

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
    """Leaves to others what it can't serve now; told to stop, finishes what it has, and takes nothing new.

    Gunicorn's own takes connections beyond its threads: those wait behind slow uploads, while another process has
    threads to spare. And it keeps the port open until its last request has ended: an upload of 20 s would have all who
    come meanwhile wait for nobody, where a proxy could have sent them to another server at once.
    """

    def accept(self, listener: Any) -> None:
        """Take a connection, and no further one without a thread for it."""
        super().accept(listener)
        if self.alive and not self._has_free_thread():
            self.set_accept_enabled(False)

    def set_accept_enabled(self, enabled: bool) -> None:
        """Take new connections or not; once stopping, close the port, after those that the kernel has taken for us."""
        super().set_accept_enabled(enabled and self._has_free_thread())
        if self.alive:
            return
        for listener in self.sockets:
            while listener.fileno() >= 0 and select.select([listener], [], [], 0)[0]:
                self.accept(listener)
            listener.close()

    def _has_free_thread(self) -> bool:
        idle = len(self.keepalived_conns) + len(self.pending_conns)
        return bool(self.nr_conns - idle < self.cfg.threads)
