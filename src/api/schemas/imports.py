"""Schemas of imports, and the JSON of one."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import current_app
from marshmallow import Schema, fields, validate
from sqlalchemy import Row

from src.api.links import link_to
from src.api.schemas.lists import ListArguments, PageSchema, RecordListArguments, order_by
from src.api.schemas.values import local_time
from src.domain.formats import JSON, REJECTION_FILES, names_of
from src.domain.imports import COUNTS, KINDS, MODES, STATUSES

IMPORT_URL = "http://localhost:7012/api/v1/imports/1"
EXAMPLE: dict[str, Any] = {
    "id": 1,
    "task_id": 1,
    "kind": "atendimentos",
    "mode": "upsert",
    "dry_run": False,
    "max_rejected": None,
    "charset": None,
    "filename": "bd_desafio.csv",
    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "size_bytes": 118042311,
    "status": "completed",
    "progress": 1.0,
    "rows": {
        "read": 1048575,
        "inserted": 1047262,
        "updated": 0,
        "unchanged": 0,
        "superseded": 12,
        "rejected": 1301,
    },
    "error": None,
    "undoable": True,
    "created_by": 1,
    "created_at": "2021-07-01T08:00:00",
    "started_at": "2021-07-01T08:00:01",
    "finished_at": "2021-07-01T08:00:05",
    "links": {
        "self": IMPORT_URL,
        "rejections": f"{IMPORT_URL}/rejections",
        "cancel": f"{IMPORT_URL}/cancel",
        "undo": f"{IMPORT_URL}/undo",
    },
}
ORDERS = (
    "id",
    "kind",
    "status",
    "filename",
    "size_bytes",
    "rows_read",
    "rows_rejected",
    "created_at",
    "started_at",
    "finished_at",
)
LINE_FIELDS = (
    *(
        "id",
        "kind",
        "mode",
        "dry_run",
        "max_rejected",
        "charset",
        "filename",
        "sha256",
        "size_bytes",
        "status",
        "progress",
    ),
    *(f"rows_{name}" for name in COUNTS),
    *("error", "undoable", "created_by", "created_at", "started_at", "finished_at"),
)
CELERY_STATES = {
    "queued": "PENDING",
    "running": "STARTED",
    "completed": "SUCCESS",
    "failed": "FAILURE",
    "cancelled": "REVOKED",
    "undone": "REVOKED",
}


ATENDIMENTOS_CSV = (
    "id_atendimento;id_cliente;angel;polo;data_limite;data_de_atendimento\n"
    "1868;528921976;Gabriel Pereira Bandoli;BA - FEIRA DE SANTANA;30/06/2021;29/06/2021 12:57:19\n"
)
CLIENTES_CSV = "id_cliente;nome;email;telefone\n528921976;Ana Lima;ana.lima@example.org;+55 75 98888-0000\n"
QUEUED = {
    **EXAMPLE,
    "status": "queued",
    "progress": 0.0,
    "rows": dict.fromkeys(EXAMPLE["rows"], 0),
    "started_at": None,
    "finished_at": None,
    "undoable": False,
}
RECEIVED = {**QUEUED, "repeated": False}
KNOWN = {**EXAMPLE, "repeated": True}
UNDONE = {**EXAMPLE, "status": "undone", "undoable": False}
REJECTION = {
    "line": 7,
    "column": "id_cliente",
    "code": "invalid_id",
    "reason": "id_cliente must be an integer from 1 to 8999999999999999.",
    "raw": "1868;x;Gabriel Pereira Bandoli;BA - FEIRA DE SANTANA;30/06/2021;29/06/2021 12:57:19",
}


class UploadArguments(Schema):
    """What is to be done with the uploaded file."""

    mode = fields.String(
        load_default="upsert",
        validate=validate.OneOf(MODES),
        metadata={"description": "`insert` leaves stored records alone; `upsert` updates those that differ."},
    )
    dry_run = fields.Boolean(load_default=False, metadata={"description": "Check and count; change nothing."})
    force = fields.Boolean(
        load_default=False, metadata={"description": "Import content again that was already imported."}
    )
    max_rejected = fields.Float(
        load_default=None,
        validate=validate.Range(min=0, max=1),
        metadata={
            "description": "The share of the rows that may be rejected, from 0 to 1; if more are, the import fails and "
            "nothing is loaded. Without it, a file of at least 100 rows fails if 90 % of them are rejected."
        },
    )


class ImportArguments(UploadArguments):
    """What is in the uploaded file, and what is to be done with it."""

    kind = fields.String(
        load_default="atendimentos", validate=validate.OneOf(KINDS), metadata={"description": "What the file has."}
    )


class ImportListArguments(RecordListArguments):
    """Which imports are wanted."""

    order_by = order_by(*ORDERS, default="-id")
    kind = fields.String(
        load_default=None, validate=validate.OneOf(KINDS), metadata={"description": "What the file has."}
    )
    status = fields.String(
        load_default=None, validate=validate.OneOf(STATUSES), metadata={"description": "What has become of it."}
    )


class RejectionListArguments(ListArguments):
    """Which rejected rows are wanted, and how."""

    order_by = order_by("line", "column", "code", default="line")
    format = fields.String(
        load_default="json",
        validate=validate.OneOf([JSON, *names_of(REJECTION_FILES)]),
        metadata={
            "description": "All but `json` download all of them, to be corrected and uploaded again: `csv` as the file "
            "was, `csv-br` for spreadsheets in Portuguese, `xlsx` with cells that stay texts."
        },
    )


class RowCountsSchema(Schema):
    """What became of the rows; read is the sum of the others once the import has completed."""

    read = fields.Integer(required=True)
    inserted = fields.Integer(required=True)
    updated = fields.Integer(required=True)
    unchanged = fields.Integer(required=True)
    superseded = fields.Integer(required=True)
    rejected = fields.Integer(required=True)


class ImportLinksSchema(Schema):
    """Where to go from here."""

    self = fields.String(required=True)
    rejections = fields.String(required=True)
    cancel = fields.String(required=True)
    undo = fields.String(required=True)


class ImportSchema(Schema):
    """An uploaded file and what became of it."""

    id = fields.Integer(required=True)
    task_id = fields.Integer(required=True, metadata={"description": "The same as id."})
    kind = fields.String(required=True, validate=validate.OneOf(KINDS))
    mode = fields.String(required=True, validate=validate.OneOf(MODES))
    dry_run = fields.Boolean(required=True)
    max_rejected = fields.Float(
        required=True, allow_none=True, metadata={"description": "The share of its rows that may be rejected."}
    )
    charset = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "What its sender says it is in; null: its content decides."},
    )
    filename = fields.String(required=True, allow_none=True)
    sha256 = fields.String(required=True)
    size_bytes = fields.Integer(required=True)
    status = fields.String(required=True, validate=validate.OneOf(STATUSES))
    progress = fields.Float(required=True, validate=validate.Range(min=0, max=1))
    rows = fields.Nested(RowCountsSchema, required=True)
    error = fields.String(required=True, allow_none=True)
    undoable = fields.Boolean(
        required=True, metadata={"description": "Whether what it overwrote is still kept (IMPORT_HISTORY_DAYS)."}
    )
    created_by = fields.Integer(required=True, allow_none=True, metadata={"description": "Id of the user who sent it."})
    created_at = local_time()
    started_at = local_time(nullable=True)
    finished_at = local_time(nullable=True)
    links = fields.Nested(ImportLinksSchema, required=True)


class UploadedImportSchema(ImportSchema):
    """The import of a file that was sent."""

    repeated = fields.Boolean(
        required=True, metadata={"description": "Whether the file was known: then this is the import it has had."}
    )


class ImportPageSchema(PageSchema):
    """A page of imports."""

    data = fields.List(fields.Nested(ImportSchema), required=True)


class RejectionSchema(Schema):
    """A row that was refused, and why."""

    line = fields.Integer(required=True, metadata={"description": "First physical line; the header is 1."})
    column = fields.String(required=True, allow_none=True, metadata={"description": "Null: the row as a whole."})
    code = fields.String(required=True)
    reason = fields.String(required=True)
    raw = fields.String(required=True)


class RejectionPageSchema(PageSchema):
    """A page of rejected rows."""

    data = fields.List(fields.Nested(RejectionSchema), required=True)


class TaskStatusSchema(Schema):
    """An import in Celery's words."""

    state = fields.String(required=True, validate=validate.OneOf(sorted(set(CELERY_STATES.values()))))
    status = fields.String(required=True, validate=validate.OneOf(STATUSES))
    result = fields.Nested(ImportSchema, required=True)


def import_line(row: Row[Any]) -> dict[str, Any]:
    """Return an import as a line of a file: each of its counts by itself, and no links. Moments are local times."""
    return {name: _local(getattr(row, name)) for name in LINE_FIELDS}


def import_document(row: Row[Any]) -> dict[str, Any]:
    """Return the JSON of an import."""
    line = {name: _told(value) for name, value in import_line(row).items()}
    rows = {name: line.pop(f"rows_{name}") for name in COUNTS}
    return line | {
        "task_id": row.id,
        "rows": rows,
        "links": {
            "self": link_to("imports.show_import", import_id=row.id),
            "rejections": link_to("imports.list_rejections", import_id=row.id),
            "cancel": link_to("imports.cancel_import", import_id=row.id),
            "undo": link_to("imports.undo_import", import_id=row.id),
        },
    }


def task_document(row: Row[Any]) -> dict[str, Any]:
    """Return the JSON of an import as a task."""
    return {"state": CELERY_STATES[row.status], "status": row.status, "result": import_document(row)}


def rejection_document(row: Row[Any]) -> dict[str, Any]:
    """Return the JSON of a rejected row."""
    return {name: getattr(row, name) for name in ("line", "column", "code", "reason", "raw")}


def _local(value: Any) -> Any:
    """Return a moment as local time in whole seconds, and any other value as it is."""
    if not isinstance(value, datetime):
        return value
    return value.astimezone(current_app.config["SETTINGS"].timezone).replace(tzinfo=None, microsecond=0)


def _told(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value
