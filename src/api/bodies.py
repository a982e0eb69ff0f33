"""Reading a body that is small enough to be held in memory."""

from __future__ import annotations

from flask import Request
from werkzeug.exceptions import BadRequest, HTTPException


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
