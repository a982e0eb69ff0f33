"""gunicorn's threaded worker, which stops listening when it is told to stop."""

from __future__ import annotations

import select

from gunicorn.workers.gthread import ThreadWorker


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
