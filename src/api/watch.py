"""Every request is counted, timed and told in one line of the log, from its arrival to the last byte of its answer."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from time import perf_counter
from typing import TYPE_CHECKING, Any

import structlog
from flask import Flask, Response, g, request
from werkzeug.wsgi import ClosingIterator

from src.metrics import count_request, requests_in_flight

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

UNMATCHED = "unmatched"
KEY = "indicators.watched"
logger = structlog.get_logger(__name__)


def register_watch(app: Flask) -> None:
    """Watch each request of `app`. Around the whole application: an export is not over when its view has returned."""
    app.after_request(_note)
    app.wsgi_app = Watch(app.wsgi_app)  # type: ignore[method-assign]


class Watch:
    """WSGI around the application."""

    def __init__(self, inner: WSGIApplication) -> None:
        self._inner = inner

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer as the application does."""
        watched = environ[KEY] = _Watched(environ["REQUEST_METHOD"], environ.get("PATH_INFO", ""))
        try:
            body = self._inner(environ, start_response)
        except BaseException:
            watched.end()
            raise
        return ClosingIterator(body, watched.end)


class _Watched:
    """A request under way."""

    __slots__ = ("_method", "_path", "_started", "ids", "route", "status")

    def __init__(self, method: str, path: str) -> None:
        self._method, self._path = method, path
        # Until the application has said otherwise.
        self.route, self.status = UNMATCHED, 500
        self.ids: dict[str, Any] = {}
        requests_in_flight.inc()
        self._started = perf_counter()

    def end(self) -> None:
        seconds = perf_counter() - self._started
        requests_in_flight.dec()
        count_request(self._method, self.route, self.status, seconds)
        logger.info(
            "request",
            method=self._method,
            path=self._path,
            route=self.route,
            status=self.status,
            seconds=round(seconds, 6),
            **self.ids,
        )


def _note(response: Response) -> Response:
    watched: _Watched = request.environ[KEY]
    watched.status = response.status_code
    if request.url_rule:
        watched.route = _template(request.url_rule.rule)
    watched.ids = _ids()
    return response


@cache
def _template(rule: str) -> str:
    """Return the route as the API's document writes it: `/imports/{import_id}`."""
    return re.sub(r"<(?:[^<>]*:)?(\w+)>", r"{\1}", rule)


def _ids() -> dict[str, Any]:
    """Return whom and what the request is about."""
    ids: dict[str, Any] = {}
    if caller := g.get("caller"):
        ids["user"] = caller.user_id
    if import_id := (request.view_args or {}).get("import_id"):
        ids["import_id"] = import_id
    return ids
