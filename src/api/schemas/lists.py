"""What every list understands."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from src.api.paging import DEFAULT_LIMIT, MAX_LIMIT, CursorField
from src.api.schemas.texts import Text
from src.domain.formats import JSON, LIST_FILES, names_of
from src.repositories.lists import Wanted

MAX_INTEGER = 2**31 - 1  # more than any table here has rows
FORMATS = [JSON, *names_of(LIST_FILES)]
PLACE = ("limit", "per_page", "page", "offset", "cursor", "order_by", "format")


def order_by(*names: str, default: str = "id") -> Text:
    """Return the parameter that orders a list by one of the names, the first of which is its key."""
    described = f"A leading minus reverses the order; ties are ordered by {names[0]}."
    return Text(
        load_default=default,
        metadata={"enum": [f"{sign}{name}" for name in names for sign in ("", "-")], "description": described},
    )


class PageSchema(Schema):
    """A page, and the URLs of those beside it; null where the list ends."""

    next = fields.String(required=True, allow_none=True)
    prev = fields.String(required=True, allow_none=True)


class ListArguments(Schema):
    """Which part of a list is wanted."""

    limit = fields.Integer(
        load_default=None,
        validate=validate.Range(min=1, max=MAX_LIMIT),
        metadata={"description": f"Rows on a page; by default {DEFAULT_LIMIT} as JSON, all as a file."},
    )
    cursor = CursorField(
        load_default=None,
        metadata={"description": "From `next` or `prev` of another page; instead of page or offset."},
    )
    page = fields.Integer(
        load_default=None,
        validate=validate.Range(min=1, max=MAX_INTEGER),
        metadata={"description": "A page by its number, from 1. Costs more the further it is; a cursor does not."},
    )
    per_page = fields.Integer(
        load_default=None,
        validate=validate.Range(min=1, max=MAX_LIMIT),
        metadata={"description": "The same as limit; give one of them."},
    )
    offset = fields.Integer(
        load_default=0,
        validate=validate.Range(min=0, max=MAX_INTEGER),
        metadata={"description": "Rows to skip before the page."},
    )

    @validates_schema
    def _one_of_each(self, data: dict[str, Any], **_: Any) -> None:
        """Refuse a parameter that another one would make meaningless."""
        for names in (("limit", "per_page"), ("cursor", "page", "offset")):
            given = [name for name in names if data.get(name)]
            if len(given) > 1:
                raise ValidationError(f"Give only one of {', '.join(names)}.", given[-1])


class RecordListArguments(ListArguments):
    """Which part of a list of records is wanted, and how."""

    format = fields.String(
        load_default="json",
        validate=validate.OneOf(FORMATS),
        metadata={
            "description": "All but `json` download all that match the filters, streamed; "
            "`csv-br` is for spreadsheets in Portuguese."
        },
    )


def wanted(arguments: dict[str, Any]) -> Wanted:
    """Return what a list's arguments ask for; where none is given, only JSON has a limit."""
    limit = arguments["limit"] or arguments["per_page"]
    if limit is None and (arguments.get("format", "json") == "json" or arguments["page"] is not None):
        limit = DEFAULT_LIMIT
    page = arguments["page"]
    return Wanted(
        filters={name: value for name, value in arguments.items() if name not in PLACE},
        order_by=arguments["order_by"],
        limit=limit,
        cursor=arguments["cursor"],
        offset=(page - 1) * (limit or 0) if page else arguments["offset"],
    )
