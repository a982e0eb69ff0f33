"""gunicorn's threaded worker, which takes what it has a thread for, and stops listening when it is told to stop."""

from __future__ import annotations

import select
from typing import Any

from gunicorn.workers.gthread import ThreadWorker


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
