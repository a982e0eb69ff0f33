"""Reading a body that is small enough to be held in memory."""

from __future__ import annotations

from flask import Request
from werkzeug.exceptions import BadRequest, HTTPException


def whole_body(request: Request) -> bytes:
    """Return the request's body. Raises BadRequest where it is cut into pieces that are none, or its sender is gone.

    Which error that is depends on the server, and is raised in the middle of reading.
    """
    try:
        return request.get_data(cache=True)
    except HTTPException:
        raise
    except Exception as error:
        raise BadRequest("The body can't be read.") from error
