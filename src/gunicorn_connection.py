"""A client's connection in our gunicorn worker: what has come of its request, and what waits to be sent to it.

Nothing here blocks without a deadline. A thread gets a request when it can be served without waiting for its sender:
with its whole head and, except for an upload, its whole body.
"""

from __future__ import annotations

import errno
import fcntl
import re
import select
import socket
import struct
import sys
import termios
from contextlib import suppress
from time import monotonic
from typing import Any, Final

from gunicorn.workers.gthread import TConn

# A client that sends or reads more slowly than this for WINDOW_SECONDS, 2 KiB a second, is not served any longer.
WINDOW_BYTES: Final = 64 * 1024
WINDOW_SECONDS: Final = 30.0
READ_BYTES: Final = 64 * 1024
# Longer than a request line and the headers of any client known; gunicorn's own limit is for each line.
MAX_HEAD_BYTES: Final = 64 * 1024
MAX_LINE_BYTES: Final = 8190
# The same as MAX_BODY_BYTES of src/app.py: what is larger is an upload, or gets 413.
MAX_BODY_BYTES: Final = 1024**2
# Nobody cuts a body of that size into more: each costs time.
MAX_CHUNKS: Final = 10_000
# More than any answer but a download: a thread hands it over, and serves somebody else.
MAX_UNSENT_BYTES: Final = 2 * 1024**2

REQUEST_LINE: Final = re.compile(rb"[^ \r\n]+ [^ \r\n]+ HTTP/1\.\d\r")
FRAMING: Final = re.compile(rb"\r\n(content-length|transfer-encoding|expect):[ \t]*([^\r\n]*)", re.IGNORECASE)
CHUNK_SIZE: Final = re.compile(rb"([0-9A-Fa-f]{1,16})[ \t]*(?:;|$)")
MAX_DIGITS: Final = 16
# An upload is written to disk as it comes, by a thread, once its sender is known (src/api/imports.py).
UPLOAD: Final = re.compile(
    rb"POST /(?:api/)?v1/(?:imports|(?:atendimento|clientes)/import_csv|(?:services|customers)/batch)/?[ ?]"
)
RESET_ON_CLOSE: Final = struct.pack("ii", 1, 0)


class RequestRefused(Exception):
    """What has come is no request, or more than is read here."""

    def __init__(self, status: int, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.status, self.reason, self.detail = status, reason, detail


TOO_LONG_A_LINE: Final = (414, "URI Too Long", "The address is too long.")
TOO_LONG_A_HEAD: Final = (431, "Request Header Fields Too Large", "The headers of the request are too large.")
TOO_LONG_A_BODY: Final = (413, "Content Too Large", "The request is larger than is allowed here.")
NO_REQUEST: Final = (400, "Bad Request", "The first line is not that of a request, such as `GET /health HTTP/1.1`.")


class SteadySocket(socket.socket):
    """A socket that never blocks at the system's level, and whose waits end if the peer is too slow.

    `recv` waits at most WINDOW_SECONDS for each WINDOW_BYTES. `sendall` leaves up to MAX_UNSENT_BYTES in `unsent`, for
    the main loop to `flush`, and waits in the same way beyond that. Both raise TimeoutError.
    """

    def __init__(self, accepted: socket.socket) -> None:
        super().__init__(accepted.family, accepted.type, accepted.proto, accepted.detach())
        super().setblocking(False)
        self.unsent = bytearray()
        self._patience = WINDOW_SECONDS
        self._waited = 0.0
        self._moved = 0
        self._unacknowledged = 0

    def setblocking(self, flag: bool) -> None:
        """Change nothing: gunicorn blocks in its threads, this socket waits."""

    def settimeout(self, value: float | None) -> None:
        """Bound each wait, beside the pace that is required anyway."""
        self._patience = WINDOW_SECONDS if value is None else value

    def gettimeout(self) -> float:
        """Return the bound of each wait."""
        return self._patience

    def recv(self, size: int, flags: int = 0) -> bytes:
        """Return what has come, or wait for it."""
        while True:
            with suppress(BlockingIOError):
                data = self.recv_now(size, flags)
                self._count(len(data))
                return data
            self._wait(select.POLLIN)

    def recv_now(self, size: int, flags: int = 0) -> bytes:
        """Return what has come, or raise BlockingIOError."""
        return super().recv(size, flags)

    def sendall(self, data: Any, flags: int = 0) -> None:
        """Send the data, or keep the rest of it to be flushed."""
        view = memoryview(data)
        if not self.unsent or self.flush():
            view = view[self._send_now(view) :]
        self.unsent += view
        while len(self.unsent) > MAX_UNSENT_BYTES and not self.flush():
            self._wait(select.POLLOUT)

    def flush(self) -> bool:
        """Send what the peer takes of `unsent` now; return whether nothing is left."""
        with memoryview(self.unsent) as view:
            sent = self._send_now(view)
        del self.unsent[:sent]
        self._count(sent)
        return not self.unsent

    def _send_now(self, view: memoryview) -> int:
        with suppress(BlockingIOError):
            return super().send(view)
        return 0

    def is_being_read(self) -> bool:
        """Return whether the peer has taken WINDOW_BYTES since the last call, or half of less, but not all.

        The system calls a socket writable only when a third of its buffer, up to a megabyte, is free.
        """
        before, held = self._unacknowledged, bytes(4)
        with suppress(OSError):
            held = fcntl.ioctl(self, termios.TIOCOUTQ, held)
        self._unacknowledged = left = int.from_bytes(held, sys.byteorder)
        return left > 0 and before - left >= min(WINDOW_BYTES, left)

    def _wait(self, event: int) -> None:
        began = monotonic()
        left = min(WINDOW_SECONDS - self._waited, self._patience)
        poll = select.poll()
        poll.register(self, event)
        self.is_being_read()
        while left <= 0 or not poll.poll(left * 1000):
            if event == select.POLLIN or not self.is_being_read():
                raise TimeoutError(errno.ETIMEDOUT, "The client is too slow.")
            left, self._waited, began = WINDOW_SECONDS, 0.0, monotonic()
        self._waited += monotonic() - began

    def _count(self, size: int) -> None:
        self._moved += size
        if self._moved >= WINDOW_BYTES:
            self._moved, self._waited = 0, 0.0


class Connection(TConn):  # type: ignore[misc]
    """A connection, and what the main loop knows of its next request."""

    def __init__(self, cfg: Any, sock: socket.socket, client: Any, server: Any) -> None:
        super().__init__(cfg, SteadySocket(sock), client, server)
        # The main loop has waited; gunicorn's thread needs not.
        self.data_ready = True
        self.ended = False
        self.keep = False
        self.drained = 0
        # What the main loop does with it, until when, and how many bytes it holds.
        self.state: Any = None
        self.deadline = 0.0
        self.held = 0
        self.expect_next()

    def expect_next(self, received: bytes = b"") -> None:
        """Wait for another request, of which this has come."""
        self.received = bytearray(received)
        self.continued = False
        self._searched = self._chunks = 0
        self._has_line = False
        self._body_start: int | None = None
        # Where what a thread needs of it ends, and where its next chunk begins.
        self._end: int | None = None
        self._next_chunk: int | None = None

    @property
    def progress(self) -> int | None:
        """None before the whole head has come; then a number that grows with each WINDOW_BYTES."""
        return None if self._body_start is None else len(self.received) // WINDOW_BYTES

    @property
    def size(self) -> int:
        """The bytes that are held here for the client."""
        return len(self.received) + len(self.sock.unsent)

    def receive(self) -> None:
        """Take what has come by now; `ended` says whether there can be more."""
        with suppress(BlockingIOError):
            data = self.sock.recv_now(READ_BYTES)
            self.ended = not data
            self.received += data

    def discard(self) -> int:
        """Drop what has come by now and return how many bytes."""
        self.receive()
        size = len(self.received)
        self.received.clear()
        return size

    def is_ready(self) -> bool:
        """Return whether a thread can serve the request without waiting for its sender.

        If the sender has ended, or has sent what gunicorn will not accept, there is nothing to wait for either.
        Raises RequestRefused.
        """
        if self._body_start is None and not self._find_head():
            return self.ended
        if self._next_chunk is not None:
            self._follow_chunks()
        is_whole = self._end is not None and len(self.received) >= self._end
        return is_whole or self.ended

    def hand_over(self) -> None:
        """Give what has come to gunicorn's parser."""
        self.init()
        self.parser.unreader.unread(bytes(self.received))
        self.received = bytearray()

    def reset(self) -> None:
        """Close at once, and drop what the system still holds for the peer."""
        with suppress(OSError):
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
        self.sock.close()

    def _find_head(self) -> bool:
        if not self._searched and self.received.startswith(b"\r\n"):
            del self.received[:2]  # a client may send one empty line between two requests
        end = self.received.find(b"\r\n\r\n", max(0, self._searched - 3))
        self._searched = len(self.received)
        if end < 0:
            self._check_beginning()
            return False
        self._body_start = end + 4
        self._find_end(bytes(self.received[: end + 2]))
        return True

    def _check_beginning(self) -> None:
        """Refuse at once what can't become a request any more."""
        if not self._has_line:
            self._has_line = self.received.find(b"\r\n", 0, MAX_LINE_BYTES + 2) >= 0
            if self._has_line and not REQUEST_LINE.match(self.received):
                raise RequestRefused(*NO_REQUEST)
            if not self._has_line and len(self.received) > MAX_LINE_BYTES + 2:
                raise RequestRefused(*TOO_LONG_A_LINE)
        if len(self.received) > MAX_HEAD_BYTES:
            raise RequestRefused(*TOO_LONG_A_HEAD)

    def _find_end(self, head: bytes) -> None:
        """Find out how much of the request a thread needs. Heads that contradict themselves are left to gunicorn."""
        assert self._body_start is not None
        self._end = self._body_start
        if UPLOAD.match(head):
            return
        fields = {match[1].lower(): match[2].strip().lower() for match in FRAMING.finditer(head)}
        length = fields.get(b"content-length", b"")
        if length.isdigit() and len(length) < MAX_DIGITS and int(length) <= MAX_BODY_BYTES:
            self._end += int(length)
        elif fields.get(b"transfer-encoding") == b"chunked" and not length:
            self._end, self._next_chunk = None, self._body_start
        if fields.get(b"expect") == b"100-continue" and self._end != self._body_start:
            self.sock.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
            self.continued = True

    def _follow_chunks(self) -> None:
        """Go from chunk to chunk as far as they have come."""
        while self._next_chunk is not None and self._next_chunk < len(self.received):
            at = self._next_chunk
            line = self.received.find(b"\r\n", at, at + MAX_LINE_BYTES)
            if line < 0 and len(self.received) - at < MAX_LINE_BYTES:
                return
            size = CHUNK_SIZE.match(self.received, at, max(at, line))
            if not size:  # no chunk: gunicorn says so
                self._end, self._next_chunk = at, None
            elif not self._pass_chunk(line + 2, int(size[1], 16)):
                return

    def _pass_chunk(self, begin: int, size: int) -> bool:
        """Go behind a chunk, and return whether there may be another one here already."""
        self._chunks += 1
        if begin + size > MAX_BODY_BYTES + MAX_HEAD_BYTES or self._chunks > MAX_CHUNKS:
            raise RequestRefused(*TOO_LONG_A_BODY)
        if size:
            self._next_chunk = begin + size + 2
            return True
        end = self.received.find(b"\r\n\r\n", begin - 2, begin + MAX_HEAD_BYTES)
        if end >= 0:
            self._end, self._next_chunk = end + 4, None
        elif len(self.received) - begin > MAX_HEAD_BYTES:
            raise RequestRefused(*TOO_LONG_A_HEAD)
        return False
