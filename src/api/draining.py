"""Reading on after a refusal, so that the sender gets to see it.

A server that answers 413 and closes while the sender is still writing resets the connection, and most clients then
report a broken pipe instead of the answer.
"""

from __future__ import annotations

from contextlib import suppress

from flask import Flask, Response, request

MAX_BYTES = 64 * 1024**2
CHUNK_BYTES = 256 * 1024


def register_draining(app: Flask) -> None:
    """Before an error is answered, read and drop what is still coming of the request's body, up to 64 MiB."""
    app.after_request(_drain)


def _drain(response: Response) -> Response:
    # Only where the server itself ends the body: elsewhere reading past its end would wait for ever.
    if response.status_code < 400 or "wsgi.input_terminated" not in request.environ:
        return response
    left = MAX_BYTES
    # A body that is broken, or whose sender is gone, ends the reading; the answer goes out all the same.
    with suppress(Exception):
        while left > 0 and (data := request.environ["wsgi.input"].read(CHUNK_BYTES)):
            left -= len(data)
    return response
