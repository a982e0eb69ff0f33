"""Answers as JSON, with what caches and pages need to know of them."""

from __future__ import annotations

from typing import Any

import orjson
from flask import Response, request


def json_response(document: dict[str, Any]) -> Response:
    """Return the document as JSON, without a schema's dump: that costs more than the query."""
    return Response(orjson.dumps(document), mimetype="application/json")


def linked_response(document: dict[str, Any], *, next: str | None, prev: str | None) -> Response:
    """Return the document with the URLs of the pages beside it, which are in Link headers too; None where it ends."""
    neighbours = {"next": next, "prev": prev}
    response = json_response(document | neighbours)
    for relation, url in neighbours.items():
        if url:
            response.headers.add("Link", f'<{url}>; rel="{relation}"')
    return response


def tagged(response: Response) -> Response:
    """Give the response an ETag, the hash of its bytes, and make it a 304 where the caller has those already."""
    response.add_etag()
    response.headers["Cache-Control"] = "private, no-cache"
    response.make_conditional(request)
    return response
