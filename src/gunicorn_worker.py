"""gunicorn's threaded worker, which takes what it has a thread for, and stops listening when it is told to stop."""

from __future__ import annotations

import json
import select
import socket
import uuid
from contextlib import suppress
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

    def handle(self, conn: Any) -> Any:
        """Serve a connection's next request, and end it here where that was the last.

        Gunicorn would wait for the client's end of it in the main thread: for two seconds, and while everybody does.
        """
        keep = super().handle(conn)
        if keep is False:
            util.close_graceful(conn.sock)
            conn.close = lambda graceful=False: None
        return keep

    def handle_request(self, req: Any, conn: Any) -> Any:
        """Serve a request, its connection's last one where others wait for a thread.

        A client that never rests would keep its place for as long as it likes, while those at the port time out. Closed
        after its answer, it lines up behind them.
        """
        if self._others_wait():
            req.force_close()
        return super().handle_request(req, conn)

    def _others_wait(self) -> bool:
        if self._has_free_thread():
            return False
        with suppress(OSError, ValueError):  # closed at this moment
            return bool(select.select(self.sockets, [], [], 0)[0])
        return False

    def _has_free_thread(self) -> bool:
        idle = len(self.keepalived_conns) + len(self.pending_conns)
        return bool(self.nr_conns - idle < self.cfg.threads)
