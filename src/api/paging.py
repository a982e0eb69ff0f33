"""Keyset pages over HTTP: the cursor as a parameter, the neighbours as URLs and as Link headers."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Any
from urllib.parse import urlencode

from flask import Response, request
from marshmallow import ValidationError, fields

from src.api.links import absolute
from src.api.responses import linked_response
from src.repositories.paging import NOT_OF_THIS_LIST, Cursor, Page

MAX_LIMIT = 1000
DEFAULT_LIMIT = 50
# The longest value that a list is ordered by, the name of a file, has 255 characters of up to four bytes.
MAX_CURSOR_LENGTH = 2000
SHAPE = re.compile(r"([<>])(\d{1,19})(?:\|(-?[a-z_]+)\|([^\0]*))?", re.ASCII | re.DOTALL)
LEFT_OUT = ("cursor", "page", "offset")  # of the links to other pages, which have a cursor


class CursorField(fields.String):
    """The opaque text of a cursor; deserialised to a Cursor."""

    def __init__(self, *, metadata: dict[str, Any] | None = None, **kwargs: Any) -> None:
        super().__init__(metadata={**(metadata or {}), "maxLength": MAX_CURSOR_LENGTH}, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        text = super()._deserialize(value, attr, data, **kwargs)
        if len(text) > MAX_CURSOR_LENGTH:
            raise ValidationError(NOT_OF_THIS_LIST)
        try:
            plain = base64.urlsafe_b64decode(text.encode()).decode()
        except (binascii.Error, ValueError):
            plain = ""
        if not (found := SHAPE.fullmatch(plain)):
            raise ValidationError(NOT_OF_THIS_LIST)
        return Cursor(int(found[2]), found[1] == "<", found[3] or "", found[4] or "")


def page_response(page: Page, data: list[dict[str, Any]]) -> Response:
    """Return the page's rows with the URLs of the pages beside it, None where there is none."""
    return linked_response({"data": data}, next=_url(page.next), prev=_url(page.previous))


def _url(cursor: Cursor | None) -> str | None:
    if cursor is None:
        return None
    text = f"{'<' if cursor.backwards else '>'}{cursor.key}"
    if cursor.order:
        text += f"|{cursor.order}|{cursor.value}"
    parameters = {name: value for name, value in request.args.items() if name not in LEFT_OUT}
    parameters["cursor"] = base64.urlsafe_b64encode(text.encode()).decode()
    return absolute(f"{request.path}?{urlencode(parameters)}")
