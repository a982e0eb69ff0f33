"""Reading on after a refusal, so that the sender gets to see it.

A server that answers 413 and closes while the sender is still writing resets the connection, and most clients then
report a broken pipe instead of the answer.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from socket import socket

from flask import Flask, Response, request

MAX_BYTES = 64 * 1024**2
CHUNK_BYTES = 256 * 1024
# A client that waits for the answer before it sends any more gets it after this long.
STALL_SECONDS = 2


def register_draining(app: Flask) -> None:
    """Before an error is answered, read and drop what is still coming of the request's body, up to 64 MiB.

    A sender that pauses for more than STALL_SECONDS is not waited for.
    """
    app.after_request(_drain)


def _drain(response: Response) -> Response:
    # Only where the server itself ends the body: elsewhere reading past its end would wait for ever.
    if response.status_code < 400 or "wsgi.input_terminated" not in request.environ:
        return response
    # A body that is broken or stalls, or whose sender is gone, ends the reading; the answer goes out all the same.
    with suppress(Exception), _patience(request.environ.get("gunicorn.socket")):
        left = MAX_BYTES
        while left > 0 and (data := request.environ["wsgi.input"].read(CHUNK_BYTES)):
            left -= len(data)
    return response


@contextmanager
def _patience(connection: socket | None) -> Iterator[None]:
    """Make a read from the connection, where there is one, fail after STALL_SECONDS."""
    if connection is None:
        yield
        return
    before = connection.gettimeout()
    connection.settimeout(STALL_SECONDS)
    try:
        yield
    finally:
        connection.settimeout(before)
