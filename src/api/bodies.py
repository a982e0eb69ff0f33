"""Reading a body that is small enough to be held in memory."""

from __future__ import annotations

from flask import Request
from werkzeug.exceptions import BadRequest, HTTPException, UnsupportedMediaType

from src.errors import RequestTooSlow

PLAIN = ("", "identity")
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
TOO_SLOW = "The body comes too slowly: 64 KiB must arrive within 30 s. Nothing of it was kept; send it again."


def whole_body(request: Request) -> bytes:
    """Return the request's body. Raises BadRequest if its chunks are broken or its sender is gone, and
    RequestTooSlow.

    Each server has errors of its own for that, and raises them while the body is being read.
    """
    try:
        return request.get_data(cache=True)
    except HTTPException as error:
        check_pace(error)
        raise
    except Exception as error:
        check_pace(error)
        raise BadRequest("The body can't be read.") from error


def json_body(request: Request) -> bytes:
    """Return the request's body as JSON text, without the byte-order mark that some editors write before it.

    Raises UnsupportedMediaType if it is compressed (uploads alone may be), else as `whole_body` does.
    """
    if request.headers.get("Content-Encoding", "").strip().lower() not in PLAIN:
        raise UnsupportedMediaType("No Content-Encoding is accepted here: send the JSON uncompressed.")
    return whole_body(request).removeprefix(BYTE_ORDER_MARK)


def check_pace(error: BaseException | None) -> None:
    """Raise RequestTooSlow if the error, or what it was raised for, is the server's that waits for a body no longer."""
    while error is not None:
        if isinstance(error, TimeoutError):
            raise RequestTooSlow(TOO_SLOW) from error
        error = error.__cause__ or error.__context__
