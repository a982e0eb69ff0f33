"""gunicorn's threaded worker, whose threads wait for no client, and which loses no request when it is told to stop.

The main loop takes connections, collects each request (src/gunicorn_connection.py), gives it to a thread, sends what
the client has not read yet, and closes. A client that is slow or silent holds a place in the loop, never a thread,
except for the uploads and downloads that the application lets in (src/api/long_requests.py).
"""

from __future__ import annotations

import errno
import queue
import select
import selectors
import signal
import socket
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from time import monotonic
from typing import Any, Final

from gunicorn.errors import ConfigError
from gunicorn.workers.gthread import ThreadWorker

from src.gunicorn_connection import WINDOW_BYTES, WINDOW_SECONDS, Connection, RequestRefused
from src.gunicorn_problems import problem_bytes, write_problems

# From the first byte, or the connection, to the end of the headers.
HEAD_SECONDS: Final = 10.0
# After the last answer: a client that is still sending reads it only if nobody closes on it meanwhile.
LINGER_SECONDS: Final = 2.0
LINGER_BYTES: Final = 64 * 1024**2
LINGER_BYTES_OF_NO_REQUEST: Final = 1024**2
# What all clients together may have sent, or not read yet, while no thread serves them.
MAX_HELD_BYTES: Final = 64 * 1024**2

write_problems()


class Worker(ThreadWorker):  # type: ignore[misc]
    """Serves with its threads what has come as a whole; told to stop, finishes what it has, and takes nothing new."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Connections that the main loop reads from, sends to or drains; the oldest first.
        self._waiting: dict[Connection, None] = {}
        self._held = 0
        self._in_threads = 0
        self._looked = 0.0
        # The arbiter's, as it was at the fork.
        self.inherited_signals: Any = queue.SimpleQueue()

    @classmethod
    def check_config(cls, cfg: Any, log: Any) -> None:
        """Refuse TLS: this worker reads from the socket itself."""
        super().check_config(cfg, log)
        if cfg.is_ssl:
            raise ConfigError("This worker speaks no TLS: put a proxy in front (docs/operations.md, TLS).")

    def init_signals(self) -> None:
        """Obey also what came before this process listened to signals.

        Between the fork and here the arbiter's handlers are in force, which only queue what they get. A worker that
        was told to stop in these milliseconds served on, and after the grace period all workers were killed, with
        every request that they had under way.
        """
        super().init_signals()
        with suppress(queue.Empty):
            while True:
                number = self.inherited_signals.get_nowait()
                if number == signal.SIGTERM:
                    self.handle_exit(number, None)
                elif number in (signal.SIGINT, signal.SIGQUIT):
                    self.handle_quit(number, None)

    # Taking connections, and stopping to.

    def accept(self, listener: Any) -> None:
        """Take a connection, and no further one without a thread for it."""
        try:
            sock, address = listener.accept()
        except OSError as error:
            if error.errno in (errno.EMFILE, errno.ENFILE):
                self._drop_oldest()
            elif error.errno not in (errno.EAGAIN, errno.ECONNABORTED):
                raise
            return
        self.nr_conns += 1
        connection = Connection(self.cfg, sock, address, listener.getsockname())
        self._collect(connection)
        while self.nr_conns >= self.worker_connections and self._drop_oldest():
            pass
        if self.alive and not self._has_free_thread():
            self.set_accept_enabled(False)

    def set_accept_enabled(self, enabled: bool) -> None:
        """Take new connections or not; once stopping, close the port, after those that the kernel has taken for us."""
        super().set_accept_enabled(enabled and self.alive and self._has_free_thread())
        if self.alive:
            return
        for listener in self.sockets:
            while listener.sock is not None and select.select([listener], [], [], 0)[0]:
                self.accept(listener)
            listener.close()

    def _has_free_thread(self) -> bool:
        return self._in_threads < int(self.cfg.threads)

    def _others_wait(self) -> bool:
        if self._has_free_thread() or not self.alive:
            return False
        # gunicorn's listeners, closed at this moment, raise any of these.
        with suppress(OSError, ValueError, TypeError, AttributeError):
            return bool(select.select(self.sockets, [], [], 0)[0])
        return False

    # Collecting a request.

    def on_client_socket_readable(self, conn: Connection, client: Any) -> None:
        """Begin to collect the next request of a connection that was kept alive."""
        if conn in self.keepalived_conns:
            self.poller.unregister(client)
            self.keepalived_conns.remove(conn)
            self._collect(conn)

    def _collect(self, conn: Connection) -> None:
        """Look for a request in what has come, or wait for more of it."""
        conn.deadline = monotonic() + HEAD_SECONDS
        self._read(conn)

    def _read(self, conn: Connection) -> None:
        try:
            before = conn.progress
            conn.receive()
            if not conn.received and conn.ended:
                self._drop(conn)
            elif conn.is_ready():
                self._stop_waiting(conn)
                conn.hand_over()
                self.enqueue_req(conn)
            else:
                if conn.progress != before:
                    conn.deadline = monotonic() + WINDOW_SECONDS
                self._wait(conn, selectors.EVENT_READ, self._read)
        except RequestRefused as refusal:
            self._refuse(conn, refusal.status, refusal.reason, refusal.detail)
        except OSError:
            self._drop(conn)

    def _refuse(self, conn: Connection, status: int, reason: str, detail: str) -> None:
        self.log.warning("Invalid request from ip=%s: %s", conn.client[0], detail)
        conn.keep = False
        conn.drained = LINGER_BYTES - LINGER_BYTES_OF_NO_REQUEST
        conn.sock.sendall(problem_bytes(status, reason, detail))
        self._send(conn)

    # In a thread.

    def enqueue_req(self, conn: Connection) -> None:
        """Give a thread the request."""
        self._in_threads += 1
        super().enqueue_req(conn)

    def handle_request(self, req: Any, conn: Connection) -> Any:
        """Serve a request, its connection's last one if others wait for a thread, or if its body has not all come.

        A client that never rests would keep its place for as long as it likes, while those at the port time out. Closed
        after its answer, it lines up behind them.
        """
        if self._others_wait():
            req.force_close()
        if conn.continued:
            req._expected_100_continue = False
        should_close = req.should_close
        req.should_close = lambda: should_close() or not _is_body_over(req, conn)
        try:
            return super().handle_request(req, conn)
        except TimeoutError:
            self.log.info("A client read its answer too slowly.")
            conn.reset()
            return False

    # After the answer.

    def finish_request(self, conn: Connection, fs: Any) -> None:
        """Send what is left of the answer, and then wait for another request, or close."""
        self._in_threads -= 1
        conn.keep = not fs.cancelled() and not fs.exception() and bool(fs.result())
        self._send(conn)

    def _send(self, conn: Connection) -> None:
        try:
            before = len(conn.sock.unsent) // WINDOW_BYTES
            if not conn.sock.unsent or conn.sock.flush():
                self._stop_waiting(conn)
                self._go_on(conn)
                return
            if conn.state != self._send or len(conn.sock.unsent) // WINDOW_BYTES < before:
                conn.deadline = monotonic() + WINDOW_SECONDS
                conn.sock.is_being_read()
            self._wait(conn, selectors.EVENT_WRITE, self._send)
        except OSError:
            self._drop(conn)

    def _go_on(self, conn: Connection) -> None:
        if not conn.keep:
            conn.sock.shutdown(socket.SHUT_WR)
            conn.deadline = monotonic() + LINGER_SECONDS
            conn.sock.is_being_read()
            self._linger(conn)
            return
        conn.expect_next(conn.parser.unreader.take_buffered())
        if conn.received:
            self._collect(conn)
            return
        conn.set_timeout()
        self.keepalived_conns.append(conn)
        if not self.alive:
            self._cap_keepalive(monotonic() + LINGER_SECONDS)
        self.poller.register(conn.sock, selectors.EVENT_READ, partial(self.on_client_socket_readable, conn))

    def _linger(self, conn: Connection) -> None:
        """Drop what the client still sends: closed on it, it would see a reset connection, and not the answer."""
        try:
            if size := conn.discard():
                conn.deadline = monotonic() + LINGER_SECONDS
                conn.drained += size
            if conn.ended or conn.drained > LINGER_BYTES:
                self._drop(conn)
                return
            self._wait(conn, selectors.EVENT_READ, self._linger)
        except OSError:
            self._drop(conn)

    # Waiting, and giving up.

    def _wait(self, conn: Connection, event: int, then: Callable[[Connection], None]) -> None:
        """Go on with `then` when the event happens."""
        if conn.state != then:
            self._stop_waiting(conn)
            self.poller.register(conn.sock, event, partial(self._on_event, conn, then))
            conn.state = then
            self._waiting[conn] = None
        self._held += conn.size - conn.held
        conn.held = conn.size
        while self._held > MAX_HELD_BYTES and self._drop_oldest():
            pass

    def _on_event(self, conn: Connection, then: Callable[[Connection], None], _: Any) -> None:
        if conn.state == then:  # else dropped by what came in the same moment
            then(conn)

    def _stop_waiting(self, conn: Connection) -> None:
        if conn.state is not None:
            del self._waiting[conn]
            self.poller.unregister(conn.sock)
            self._held -= conn.held
            conn.state, conn.held = None, 0

    def _drop(self, conn: Connection) -> None:
        """Close a connection that the main loop has."""
        self._stop_waiting(conn)
        self.nr_conns -= 1
        conn.reset()

    def _drop_oldest(self) -> bool:
        """Make room: drop the connection that has waited longest, else one that is kept alive; say whether one was."""
        if self._waiting:
            self._drop(next(iter(self._waiting)))
            return True
        if self.keepalived_conns:
            conn = self.keepalived_conns.popleft()
            self.poller.unregister(conn.sock)
            self._drop(conn)
            return True
        return False

    def murder_pending(self) -> None:
        """Give up those whose time is over; gunicorn calls this after each round of events."""
        now = monotonic()
        if now - self._looked < 1 and self.alive:
            return
        self._looked = now
        for conn in [conn for conn in self._waiting if conn.deadline <= now]:
            if conn.state in (self._send, self._linger) and conn.sock.is_being_read():
                conn.deadline = now + WINDOW_SECONDS
            elif conn.state == self._read and conn.received:
                self._refuse(conn, 408, "Request Timeout", "The request did not arrive in time.")
            else:
                self._drop(conn)

    def _cap_keepalive(self, deadline: float) -> None:
        """When stopping, wait for the requests that have begun to arrive, and only a moment for others."""
        super()._cap_keepalive(deadline)
        for conn in self._waiting:
            if conn.state == self._read and not conn.received:
                conn.deadline = min(conn.deadline, deadline)


def _is_body_over(req: Any, conn: Connection) -> bool:
    """Return whether nothing of the body is still to come, after dropping what has come."""
    reader = req.body.reader
    if hasattr(reader, "length"):
        if reader.length <= conn.parser.unreader.buf.getbuffer().nbytes:
            reader.read(reader.length)
        return bool(reader.length == 0)
    return reader.parser is None
