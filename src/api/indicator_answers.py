"""An indicator's answer over HTTP: as JSON, CSV or a workbook, with an ETag."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from flask import Response, request

from src.api.links import absolute
from src.api.responses import linked_response, tagged
from src.api.schemas.indicators import DEFAULT_LIMIT
from src.domain.formats import BY_NAME, JSON, FileFormat
from src.domain.indicators import Indicator
from src.services.indicator_files import indicator_file
from src.services.indicators import Answer, Question, answer_indicator


def indicator_response(indicator: Indicator, arguments: dict[str, Any]) -> Response:
    """Answer the question that the arguments put, in the format that they name."""
    as_file = (format := arguments.pop("format")) != JSON
    if arguments["limit"] is None and not as_file:
        arguments["limit"] = DEFAULT_LIMIT
    question = Question(**arguments)
    answer = answer_indicator(indicator, question)
    response = _file(indicator, answer, BY_NAME[format]) if as_file else _page(answer, question)
    response.headers["Indicator-Period"] = ", ".join(f"{k}={_item(v)}" for k, v in answer.period_stated().items())
    return tagged(response)


def _page(answer: Answer, question: Question) -> Response:
    limit, offset = question.limit or answer.count, question.offset
    return linked_response(
        answer.document(),
        next=_url(limit, offset + limit) if offset + limit < answer.count else None,
        # From beyond the end it leads to the last page.
        prev=_url(limit, max(min(offset, answer.count) - limit, 0)) if offset and answer.count else None,
    )


def _url(limit: int, offset: int) -> str:
    parameters = request.args.to_dict() | {"limit": limit, "offset": offset}
    return absolute(f"{request.path}?{urlencode(parameters)}")


def _file(indicator: Indicator, answer: Answer, format: FileFormat) -> Response:
    response = Response(indicator_file(indicator, answer, format), content_type=format.content_type)
    name = f"{_file_name(indicator, answer)}.{format.extension}"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _file_name(indicator: Indicator, answer: Answer) -> str:
    period = answer.period
    return f"{indicator.name}_{period.start_date}_{period.end_date}" if period else indicator.name


def _item(value: Any) -> str:
    """Return the value as a structured header's item (RFC 9651)."""
    if isinstance(value, bool):
        return f"?{value:d}"
    return str(value) if isinstance(value, int) else f'"{value or ""}"'
