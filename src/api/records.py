"""What the routes of records have in common: their answers, their conditions and how those are documented."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from http import HTTPStatus
from itertools import chain, islice
from typing import Any

import orjson
from flask import Response, request, stream_with_context
from marshmallow import Schema
from werkzeug.exceptions import UnprocessableEntity
from werkzeug.http import generate_etag

from src.api.blueprints import Blueprint
from src.api.guard import caller
from src.api.links import absolute
from src.api.long_requests import long_requests
from src.api.paging import page_response
from src.api.responses import json_response, tagged
from src.domain.formats import BY_NAME, LIST_FILES, NDJSON, FileFormat, media_types_of
from src.errors import RecordChanged
from src.repositories.lists import Document, Wanted
from src.repositories.paging import Page
from src.services.exports import csv_blocks, ndjson_blocks
from src.services.once import Request

View = Callable[..., Any]
Documented = Callable[[View], View]

ID = "<id:{}>"
KEY = "Idempotency-Key"
MAX_KEY_LENGTH = 255
BINARY = {"type": "string", "format": "binary"}
UNCHANGED = "What the caller has (If-None-Match) is still current."


def record_response(document: Document, status: int = 200) -> Response:
    """Return a record with its ETag; 304 where the caller has it already."""
    response = json_response(document)
    response.status_code = status
    return tagged(response)


def created_response(document: Document) -> Response:
    """Return a record that was made, and where it is."""
    response = record_response(document, 201)
    response.headers["Location"] = absolute(f"{request.path.rstrip('/')}/{document['id']}")
    return response


def list_response(
    arguments: dict[str, Any],
    wanted: Wanted,
    page_of: Callable[[Wanted], tuple[list[Document], Page]],
    export: Callable[[Wanted], tuple[Sequence[str], Iterator[Document]]],
) -> Response:
    """Return a page of the list, or all of it as a file, as the arguments' `format` says."""
    if (format := arguments["format"]) == "json":
        documents, page = page_of(wanted)
        return page_response(page, documents)
    fields, documents_streamed = export(wanted)
    file = BY_NAME[format]
    if file is NDJSON:
        blocks = ndjson_blocks(documents_streamed)
    else:
        blocks = csv_blocks(fields, (document.values() for document in documents_streamed), file)
    return download(blocks, file, request.path.rstrip("/").rpartition("/")[2])


def download(blocks: Iterator[bytes], format: FileFormat, name: str) -> Response:
    """Return the blocks as a file of that name and format, each sent when it comes. Raises TooManyLongRequests."""
    end = long_requests().begin_download()
    try:
        # Begun before the answer is: what is refused, or fails at once, is still told by a status.
        first = list(islice(blocks, 1))
    except BaseException:
        end()
        raise
    response = Response(
        stream_with_context(_until_the_end(chain(first, blocks), end)),
        content_type=format.content_type,
        headers={"Content-Disposition": f'attachment; filename="{name}.{format.extension}"'},
    )
    # Also if nothing of it was asked for, as by HEAD.
    response.call_on_close(end)
    return response


def _until_the_end(blocks: Iterator[bytes], end: Callable[[], None]) -> Iterator[bytes]:
    try:
        yield from blocks
    finally:
        end()


def unchanged(document: Document) -> None:
    """Raise RecordChanged if the request has an If-Match that is not the record's ETag.

    A weak tag counts too: a proxy that compresses answers makes them weak.
    """
    tags = request.if_match
    if tags and not tags.star_tag and not tags.contains_weak(generate_etag(orjson.dumps(document))):
        raise RecordChanged("The record has changed since you read it: read it again.")


def idempotent(operation: str, content: Any) -> Request | None:
    """Return the request under its Idempotency-Key, None without one."""
    key = request.headers.get(KEY, "").strip()
    if not key:
        return None
    if len(key) > MAX_KEY_LENGTH or not key.isprintable():
        error = UnprocessableEntity()
        sentence = f"Give at most {MAX_KEY_LENGTH} printable characters."
        error.data = {"messages": {"headers": {KEY: [sentence]}}}  # type: ignore[attr-defined]
        raise error
    return Request(caller().holder, key, operation, content)


def saying(sentence: str) -> Any:
    """Give the view the docstring that becomes its documentation."""

    def decorate(view: View) -> View:
        view.__doc__ = sentence
        return view

    return decorate


def header_documented(name: str, description: str, longest: int | None = None) -> Documented:
    """Describe a header that the view reads from the request."""
    schema = {"type": "string"} | ({"maxLength": longest} if longest else {})
    parameter = {"in": "header", "name": name, "description": description, "schema": schema}

    def decorate(view: View) -> View:
        documented: View = Blueprint.doc()(view)
        documented._apidoc.setdefault("arguments", {}).setdefault("parameters", []).append(parameter)  # type: ignore[attr-defined]
        return documented

    return decorate


def key_documented(view: View) -> View:
    """Describe that the view does once what comes twice under one Idempotency-Key."""
    return header_documented(
        KEY, "Sent twice within 24 h, the request is done once and answered twice.", MAX_KEY_LENGTH
    )(view)


def download_documented(blueprint: Blueprint, files: Iterable[FileFormat]) -> Documented:
    """Describe that the answer may be a file of one of these formats."""
    said: dict[str, Any] = {"schema": BINARY, "headers": {"Content-Disposition": "Content-Disposition"}}

    def decorate(view: View) -> View:
        for content_type in media_types_of(files):
            view = blueprint.alt_response(200, content_type=content_type, success=True, **said)(view)
        return view

    return decorate


def list_documented(blueprint: Blueprint, schema: type[Schema], example: Document) -> Documented:
    """Describe a list: as pages, and as a file."""
    page = {"data": [example], "next": None, "prev": None}

    def decorate(view: View) -> View:
        view = download_documented(blueprint, LIST_FILES)(view)
        return blueprint.response(200, schema, example=page, headers={"Link": "Link"})(view)  # type: ignore[no-any-return]

    return decorate


def conditional_documented(blueprint: Blueprint) -> Documented:
    """Describe that an answer which the caller has already is not sent again."""

    def decorate(view: View) -> View:
        view = header_documented("If-None-Match", "ETags of answers that the caller has: 304 if one is still current.")(
            view
        )
        return blueprint.alt_response(304, description=UNCHANGED, headers={"ETag": "ETag"})(view)  # type: ignore[no-any-return]

    return decorate


def show_documented(blueprint: Blueprint, schema: type[Schema], example: Document) -> Documented:
    """Describe how one record is shown."""

    def decorate(view: View) -> View:
        view = _refusals(blueprint, 404)(conditional_documented(blueprint)(view))
        return blueprint.response(200, schema, example=example, headers={"ETag": "ETag"})(view)  # type: ignore[no-any-return]

    return decorate


def create_documented(blueprint: Blueprint, schema: type[Schema], example: Document, *headers: str) -> Documented:
    """Describe how records are made; `headers` are those of the answer."""

    def decorate(view: View) -> View:
        view = key_documented(view)
        view = _refusals(blueprint, 409)(view)
        named = {name: name for name in headers}
        return blueprint.response(201, schema, example=example, headers=named)(view)  # type: ignore[no-any-return]

    return decorate


def change_documented(blueprint: Blueprint, schema: type[Schema], example: Document, *conflicts: int) -> Documented:
    """Describe how a record is changed."""

    def decorate(view: View) -> View:
        view = header_documented("If-Match", "An ETag; 412 if it is no longer the record's.")(view)
        view = _refusals(blueprint, 404, 412, *conflicts)(view)
        return blueprint.response(200, schema, example=example, headers={"ETag": "ETag"})(view)  # type: ignore[no-any-return]

    return decorate


def delete_documented(blueprint: Blueprint, *conflicts: int) -> Documented:
    """Describe how a record is deleted."""

    def decorate(view: View) -> View:
        view = header_documented("If-Match", "An ETag; 412 if it is no longer the record's.")(view)
        view = _refusals(blueprint, 404, 412, *conflicts)(view)
        return blueprint.response(204, description="It is deleted.")(view)  # type: ignore[no-any-return]

    return decorate


def _refusals(blueprint: Blueprint, *statuses: int) -> Documented:
    def decorate(view: View) -> View:
        for status in statuses:
            view = blueprint.alt_response(status, HTTPStatus(status).name)(view)
        return view

    return decorate
