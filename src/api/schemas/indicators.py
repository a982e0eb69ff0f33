"""Schemas of the indicators, and of the counts that come straight from views."""

from __future__ import annotations

from marshmallow import Schema, ValidationError, fields, validate

from src.api.schemas.lists import MAX_INTEGER, PageSchema
from src.api.schemas.texts import Text
from src.api.schemas.values import day
from src.domain.calendars import CALENDARS, DEFAULT_CALENDAR
from src.domain.formats import INDICATOR_FILES, JSON, names_of
from src.domain.indicators import PRODUCTIVITY, SLA_ANGEL, SLA_POLO, SORT_ALIASES
from src.domain.rows import normalise_nome

FORMATS = [JSON, *names_of(INDICATOR_FILES)]
DEFAULT_LIMIT = 100
MAX_LIMIT = 1000
MAX_NAME_LENGTH = 1000  # of one with blanks to spare
SEEN = r"[^\s\x00-\x1f\x7f-\x9f]"  # for the document: something to see is in it


def _not_blank(name: str) -> None:
    if not normalise_nome(name):
        raise ValidationError("Give a name, or leave the parameter out.")


def _name(description: str, example: str) -> Text:
    return Text(
        load_default=None,
        validate=[validate.Length(max=MAX_NAME_LENGTH), _not_blank],
        metadata={"description": f"{description}. Runs of blanks count as one.", "example": example, "pattern": SEEN},
    )


def _sort_field(*allowed: str) -> Text:
    return Text(
        load_default="total",
        metadata={"enum": list(allowed), "description": "Ties are ordered by name; nulls come last."},
    )


class IndicatorArguments(Schema):
    """What is asked of an indicator."""

    start_date = day("First day of the visits; without it the first that the data has.", "2021-06-01")
    end_date = day("Last day of the visits, included; without it the last that the data has.", "2021-06-30")
    calendar = Text(
        load_default=DEFAULT_CALENDAR,
        metadata={
            "enum": list(CALENDARS),
            "description": "Whose holidays are not business days: the nation's, nobody's, or also a state's.",
        },
    )
    angel = _name("Only this angel; for polos, only its visits", "Gabriel Pereira Bandoli")
    polo = _name("Only this polo; for angels, only their visits there", "BA - FEIRA DE SANTANA")
    limit = fields.Integer(
        load_default=None,
        validate=validate.Range(min=1, max=MAX_LIMIT),
        metadata={"description": f"At most so many rows; by default {DEFAULT_LIMIT} as JSON, all as a file."},
    )
    offset = fields.Integer(
        load_default=0,
        validate=validate.Range(min=0, max=MAX_INTEGER),
        metadata={"description": "Rows to skip before those returned."},
    )
    desc = fields.Boolean(load_default=True, metadata={"description": "From the highest to the lowest."})
    format = fields.String(
        load_default="json",
        validate=validate.OneOf(FORMATS),
        metadata={
            "description": "All but `json` download all rows, unless there is a limit; "
            "`csv-br` is for spreadsheets in Portuguese."
        },
    )


class ProductivityArguments(IndicatorArguments):
    """What is asked of the productivity."""

    sort_field = _sort_field(*PRODUCTIVITY.fields, *SORT_ALIASES)


class AngelSlaArguments(IndicatorArguments):
    """What is asked of the SLA of angels."""

    sort_field = _sort_field(*SLA_ANGEL.fields, *SORT_ALIASES)


class PoloSlaArguments(IndicatorArguments):
    """What is asked of the SLA of polos."""

    sort_field = _sort_field(*SLA_POLO.fields, *SORT_ALIASES)


class PeriodSchema(Schema):
    """The days that were counted; the bounds are null where nothing was asked for and there is no data."""

    start_date = fields.Date(required=True, allow_none=True)
    end_date = fields.Date(required=True, allow_none=True)
    business_days = fields.Integer(required=True)
    calendar = fields.String(required=True)
    calendar_covers = fields.Boolean(
        required=True,
        metadata={
            "description": "Whether the calendar knows the holidays of the whole period. Where it does not, all "
            "weekdays count as business days."
        },
    )
    calendar_start_date = fields.Date(
        required=True, allow_none=True, metadata={"description": "First day that the calendar knows; null: all."}
    )
    calendar_end_date = fields.Date(
        required=True, allow_none=True, metadata={"description": "Last day that the calendar knows; null: all."}
    )


def _count(description: str) -> fields.Integer:
    return fields.Integer(required=True, metadata={"description": description})


class ProductivityRowSchema(Schema):
    """An angel's productivity."""

    angel = fields.String(required=True)
    total = _count("Attended.")
    active_days = _count("Days on which the angel attended anything.")
    productivity = fields.Float(
        required=True,
        allow_none=True,
        metadata={"description": "total / business_days; null where the period has no business day."},
    )


class SlaRowSchema(Schema):
    """How punctual the visits were."""

    total = _count("Attended.")
    on_time = _count("Attended by the deadline.")
    late = _count("Attended after the deadline.")
    sla = fields.Float(required=True, metadata={"description": "on_time / total."})
    avg_margin_hours = fields.Float(
        required=True, metadata={"description": "Mean of deadline minus visit, in hours; negative: late."}
    )


class AngelSlaRowSchema(SlaRowSchema):
    """An angel's SLA."""

    angel = fields.String(required=True)


class PoloSlaRowSchema(SlaRowSchema):
    """A polo's SLA."""

    polo = fields.String(required=True)


class AnswerSchema(PageSchema):
    """Rows of an indicator, and the days that they count."""

    period = fields.Nested(PeriodSchema, required=True)
    count = _count("Rows in all.")


class ProductivitySchema(AnswerSchema):
    """The productivity of angels."""

    data = fields.List(fields.Nested(ProductivityRowSchema), required=True)


class AngelSlaSchema(AnswerSchema):
    """The SLA of angels."""

    data = fields.List(fields.Nested(AngelSlaRowSchema), required=True)


class PoloSlaSchema(AnswerSchema):
    """The SLA of polos."""

    data = fields.List(fields.Nested(PoloSlaRowSchema), required=True)


class AtMostArguments(Schema):
    """How much of a view is wanted."""

    at_most = fields.Integer(
        load_default=None,
        validate=validate.Range(min=1, max=MAX_INTEGER),
        metadata={"description": "At most so many rows; by default all."},
    )


class TotalSchema(Schema):
    """How many there are."""

    total = fields.Integer(required=True)


class AngelDeliveriesSchema(Schema):
    """An angel's deliveries over all time."""

    angel = fields.String(required=True)
    total_deliveries = fields.Integer(required=True)
    on_time_deliveries = fields.Integer(required=True)
    on_time_percentage = fields.Float(
        required=True,
        metadata={
            "description": "0 to 100, two decimals; more if they would say 100 with a late one or 0 with one on time."
        },
    )


class AngelDeliveriesListSchema(TotalSchema):
    """The deliveries of the angels; total counts those of all, also where fewer are returned."""

    data = fields.List(fields.Nested(AngelDeliveriesSchema), required=True)


class PoloDeliveriesSchema(Schema):
    """A polo's deliveries on one day of the week, over all time."""

    polo = fields.String(required=True)
    weekday = fields.Integer(required=True, metadata={"description": "ISO: Monday is 1."})
    total_deliveries = fields.Integer(required=True)


class PoloDeliveriesListSchema(TotalSchema):
    """The deliveries of the polos by weekday; total counts the rows of all, also where fewer are returned."""

    data = fields.List(fields.Nested(PoloDeliveriesSchema), required=True)
