"""Imports: sending files, and following what becomes of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from copy import deepcopy
from functools import partial
from typing import Any

from flask import Response, jsonify, request

from src.api import records
from src.api.blueprints import Blueprint
from src.api.guard import caller, requires
from src.api.long_requests import long_requests
from src.api.paging import page_response
from src.api.schemas import imports as schemas
from src.api.schemas.lists import wanted
from src.api.uploads import PART, fill_from
from src.domain.formats import BY_NAME, JSON, REJECTION_FILES
from src.repositories.lists import Document, Wanted
from src.repositories.paging import Page
from src.services import imports as service
from src.services import undo_import as undoing
from src.services.rejections_file import rejections_file
from src.services.storage import Upload

ID = "<id:import_id>"

imports = Blueprint("imports", __name__, description="Sending files, and what becomes of them")

_FORM = {"type": "object", "required": [PART], "properties": {PART: records.BINARY}, "additionalProperties": False}
_UPLOAD: dict[str, Any] = {
    "required": True,
    "description": "The CSV as the part `file`, or as the body itself; gzipped or not.",
    "content": {
        "multipart/form-data": {"schema": _FORM},
        **{kind: {"schema": records.BINARY} for kind in ("text/csv", "application/gzip", "application/octet-stream")},
    },
}
_REJECTIONS = {"data": [schemas.REJECTION], "next": None, "prev": None}
_TASK = {"state": "SUCCESS", "status": "completed", "result": schemas.EXAMPLE}


def _documented_upload(view: Any, example: str | None = None) -> Any:
    """Describe what all the ways to send a file have in common; the example is a CSV."""
    body = deepcopy(_UPLOAD)
    if example:
        body["content"]["text/csv"]["example"] = example
    view = imports.doc(requestBody=body)(view)
    view = records.header_documented("X-Filename", "The name of a file that is the body itself.")(view)
    view = records.key_documented(view)
    for status, name in ((409, "CONFLICT"), (413, "REQUEST_ENTITY_TOO_LARGE"), (415, "UNSUPPORTED_MEDIA_TYPE")):
        view = imports.alt_response(status, name)(view)
    for status, name in ((408, "REQUEST_TIMEOUT"), (507, "INSUFFICIENT_STORAGE")):
        view = imports.alt_response(status, name)(view)
    known = "This content was already imported or is being imported, or the Idempotency-Key was used before."
    waits = "The file waits for a worker."
    said: dict[str, Any] = {"schema": schemas.UploadedImportSchema, "headers": {"Location": "Location"}}
    view = imports.alt_response(200, description=known, example=schemas.KNOWN, success=True, **said)(view)
    return imports.response(202, description=waits, example=schemas.RECEIVED, **said)(view)


@imports.route("/imports", methods=["POST"])
@requires("import")
@imports.arguments(schemas.ImportArguments, location="query")
@_documented_upload
def upload(options: dict[str, Any]) -> Response:
    """Send a CSV to import."""
    return _receive(options)


@imports.route("/atendimento/import_csv", methods=["POST"])
@requires("import")
@imports.arguments(schemas.UploadArguments, location="query")
@partial(_documented_upload, example=schemas.ATENDIMENTOS_CSV)
def upload_atendimentos(options: dict[str, Any]) -> Response:
    """Send a CSV of atendimentos to import."""
    return _receive(options, kind="atendimentos")


@imports.route("/clientes/import_csv", methods=["POST"])
@requires("import")
@imports.arguments(schemas.UploadArguments, location="query")
@partial(_documented_upload, example=schemas.CLIENTES_CSV)
def upload_clientes(options: dict[str, Any]) -> Response:
    """Send a CSV of clientes to import."""
    return _receive(options, kind="clientes")


def _receive(options: dict[str, Any], **fixed: Any) -> Response:
    row, is_new = service.receive_upload(
        lambda upload: _fill(upload, options),
        service.ImportOptions(**options, **fixed),
        caller(),
        records.idempotent("upload", options | fixed),
    )
    response = jsonify(document := schemas.import_document(row) | {"repeated": not is_new})
    response.status_code = 202 if is_new else 200
    response.headers["Location"] = document["links"]["self"]
    return response


def _fill(upload: Upload, options: dict[str, Any]) -> str | None:
    with long_requests().upload():
        return fill_from(request, upload, options)


@imports.route("/imports")
@requires("read")
@imports.arguments(schemas.ImportListArguments, location="query")
@records.list_documented(imports, schemas.ImportPageSchema, schemas.EXAMPLE)
def list_imports(arguments: dict[str, Any]) -> Response:
    """List imports, newest first unless ordered otherwise, or download all that the filters leave."""
    return records.list_response(arguments, wanted(arguments), _page_of, _export)


def _page_of(part: Wanted) -> tuple[list[Document], Page]:
    page = service.list_imports(part)
    return [schemas.import_document(row) for row in page.rows], page


def _export(part: Wanted) -> tuple[Sequence[str], Iterator[Document]]:
    return schemas.LINE_FIELDS, map(schemas.import_line, service.stream_imports(part))


@imports.route(f"/imports/{ID}")
@requires("read")
@records.show_documented(imports, schemas.ImportSchema, schemas.EXAMPLE)
def show_import(import_id: int) -> Response:
    """Show an import."""
    return records.record_response(schemas.import_document(service.show_import(import_id)))


@imports.route(f"/imports/{ID}/rejections")
@requires("import")
@imports.arguments(schemas.RejectionListArguments, location="query")
@imports.response(200, schemas.RejectionPageSchema, example=_REJECTIONS, headers={"Link": "Link"})
@records.download_documented(imports, REJECTION_FILES)
@imports.alt_response(404, "NOT_FOUND")
def list_rejections(arguments: dict[str, Any], import_id: int) -> Response:
    """List an import's rejected rows, or download all as a file: for admins and the operator who uploaded it."""
    import_ = service.show_import_with_rows(import_id, caller())
    if (format := arguments["format"]) != JSON:
        blocks = rejections_file(import_, BY_NAME[format], wanted(arguments))
        return records.download(blocks, BY_NAME[format], f"rejections-{import_id}")
    page = service.list_rejections(import_id, wanted(arguments))
    return page_response(page, [schemas.rejection_document(row) for row in page.rows])


@imports.route(f"/imports/{ID}/cancel", methods=["POST"])
@requires("import")
@imports.response(202, schemas.ImportSchema, example=schemas.QUEUED | {"status": "cancelled"})
@imports.alt_response(404, "NOT_FOUND")
@imports.alt_response(409, "CONFLICT")
def cancel_import(import_id: int) -> dict[str, Any]:
    """Cancel an import; nothing of it remains."""
    return schemas.import_document(service.cancel_import(import_id))


@imports.route(f"/imports/{ID}/undo", methods=["POST"])
@requires("admin")
@imports.response(200, schemas.ImportSchema, example=schemas.UNDONE)
@imports.alt_response(404, "NOT_FOUND")
@imports.alt_response(409, "CONFLICT")
def undo_import(import_id: int) -> dict[str, Any]:
    """Undo a completed import: what it changed gets its former values back, what it inserted is removed."""
    return schemas.import_document(undoing.undo_import(import_id))


@imports.route(f"/atendimento/task_status/{ID}")
@requires("read")
@imports.response(200, schemas.TaskStatusSchema, example=_TASK)
@imports.alt_response(404, "NOT_FOUND")
def task_status(import_id: int) -> dict[str, Any]:
    """Show an import as the older APIs did, as a task."""
    return schemas.task_document(service.show_import(import_id))
