"""Reading a body that is small enough to be held in memory."""

from __future__ import annotations

from flask import Request
from werkzeug.exceptions import BadRequest, HTTPException, UnsupportedMediaType

PLAIN = ("", "identity")
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def whole_body(request: Request) -> bytes:
    """Return the request's body. Raises BadRequest where its chunks are broken or its sender is gone.

    Each server has errors of its own for that, and raises them while the body is being read.
    """
    try:
        return request.get_data(cache=True)
    except HTTPException:
        raise
    except Exception as error:
        raise BadRequest("The body can't be read.") from error


def json_body(request: Request) -> bytes:
    """Return the request's body as JSON text, without the byte-order mark that some editors write before it.

    Raises UnsupportedMediaType if it is compressed (uploads alone may be), else as `whole_body` does.
    """
    if request.headers.get("Content-Encoding", "").strip().lower() not in PLAIN:
        raise UnsupportedMediaType("No Content-Encoding is accepted here: send the JSON uncompressed.")
    return whole_body(request).removeprefix(BYTE_ORDER_MARK)
