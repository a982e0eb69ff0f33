"""The indicators, and the counts of records that come straight from views."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Response

from src.api.blueprints import Blueprint
from src.api.guard import requires
from src.api.indicator_answers import indicator_response
from src.api.records import conditional_documented, download_documented
from src.api.responses import json_response, tagged
from src.api.schemas import indicators as schemas
from src.domain.formats import INDICATOR_FILES
from src.domain.indicators import PRODUCTIVITY, SLA_ANGEL, SLA_POLO
from src.services import indicators as service

View = Callable[..., Any]

indicators = Blueprint("indicators", __name__, description="How productive, and how punctual")
records = Blueprint("records", __name__, description="Counts of atendimentos")

_PERIOD = {
    "start_date": "2021-06-01",
    "end_date": "2021-06-30",
    "business_days": 22,
    "calendar": "BR",
    "calendar_covers": True,
    "calendar_start_date": "2000-01-01",
    "calendar_end_date": "2050-12-31",
}
_PRODUCTIVITY = {"angel": "Gabriel Pereira Bandoli", "total": 66, "active_days": 20, "productivity": 3.0}
_SLA = {"total": 80, "on_time": 72, "late": 8, "sla": 0.9, "avg_margin_hours": 11.5}
_ANGEL_DELIVERIES = {
    "angel": "Gabriel Pereira Bandoli",
    "total_deliveries": 80,
    "on_time_deliveries": 72,
    "on_time_percentage": 90.0,
}
_POLO_DELIVERIES = {"polo": "BA - FEIRA DE SANTANA", "weekday": 1, "total_deliveries": 912}


def _documented(schema: type[schemas.AnswerSchema], row: dict[str, Any]) -> Callable[[View], View]:
    """Describe what all indicators answer."""
    example = {"period": _PERIOD, "count": 1, "data": [row], "next": None, "prev": None}

    def decorate(view: View) -> View:
        view = download_documented(indicators, INDICATOR_FILES)(view)
        view = conditional_documented(indicators)(view)
        headers = {name: name for name in ("ETag", "Link", "Indicator-Period")}
        documented: View = indicators.response(200, schema, example=example, headers=headers)(view)
        return documented

    return decorate


def _view_documented(schema: type[schemas.TotalSchema], row: dict[str, Any]) -> Callable[[View], View]:
    """Describe the answer of a view's rows."""
    example = {"total": 1, "data": [row]}

    def decorate(view: View) -> View:
        conditional = conditional_documented(records)(view)
        documented: View = records.response(200, schema, example=example, headers={"ETag": "ETag"})(conditional)
        return documented

    return decorate


@indicators.route("/indicators/productivity")
@requires("read")
@indicators.arguments(schemas.ProductivityArguments, location="query")
@_documented(schemas.ProductivitySchema, _PRODUCTIVITY)
def productivity(arguments: dict[str, Any]) -> Response:
    """Show how productive each angel is: visits made per business day of the period."""
    return indicator_response(PRODUCTIVITY, arguments)


@indicators.route("/indicators/sla/angel")
@requires("read")
@indicators.arguments(schemas.AngelSlaArguments, location="query")
@_documented(schemas.AngelSlaSchema, {"angel": "Gabriel Pereira Bandoli", **_SLA})
def sla_of_angels(arguments: dict[str, Any]) -> Response:
    """Show which SLA each angel keeps: visits on time as a share of visits made."""
    return indicator_response(SLA_ANGEL, arguments)


@indicators.route("/indicators/sla/polo")
@requires("read")
@indicators.arguments(schemas.PoloSlaArguments, location="query")
@_documented(schemas.PoloSlaSchema, {"polo": "BA - FEIRA DE SANTANA", **_SLA})
def sla_of_polos(arguments: dict[str, Any]) -> Response:
    """Show which SLA each polo keeps: visits on time as a share of visits made."""
    return indicator_response(SLA_POLO, arguments)


@records.route("/atendimento/total")
@requires("read")
@records.response(200, schemas.TotalSchema, example={"total": 1047262})
def atendimento_total() -> Response:
    """Count the atendimentos, whatever their status."""
    return json_response({"total": service.count_atendimentos()})


@records.route("/atendimento/angel_productivity")
@requires("read")
@records.arguments(schemas.AtMostArguments, location="query")
@_view_documented(schemas.AngelDeliveriesListSchema, _ANGEL_DELIVERIES)
def angel_productivity(arguments: dict[str, Any]) -> Response:
    """Show each angel's deliveries over all time, most first."""
    count, rows = service.read_productivity_view("angel", arguments["at_most"])
    return tagged(json_response({"total": count, "data": rows}))


@records.route("/atendimento/polo_productivity")
@requires("read")
@records.arguments(schemas.AtMostArguments, location="query")
@_view_documented(schemas.PoloDeliveriesListSchema, _POLO_DELIVERIES)
def polo_productivity(arguments: dict[str, Any]) -> Response:
    """Show each polo's deliveries by weekday over all time, most first."""
    count, rows = service.read_productivity_view("polo", arguments["at_most"])
    return tagged(json_response({"total": count, "data": rows}))
