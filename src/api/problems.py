"""Every error as an RFC 9457 problem: one registry from exceptions to statuses, one shape."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, NamedTuple

import psycopg.errors
import sqlalchemy.exc
import structlog
from flask import Flask, Response, current_app, g
from werkzeug.exceptions import (
    BadRequest,
    ClientDisconnected,
    HTTPException,
    MethodNotAllowed,
    NotFound,
    RequestEntityTooLarge,
)

from src import errors

logger = structlog.get_logger(__name__)

MEDIA_TYPE = "application/problem+json"
RETRY_SECONDS = 5


# RFC 9110's names; which Python has depends on its version.
PHRASES = {413: "Content Too Large", 414: "URI Too Long", 422: "Unprocessable Content"}


class Problem(NamedTuple):
    """A kind of problem: its status, the slug that ends its type, and its title."""

    status: int
    slug: str
    title: str


INVALID_ARGUMENTS = Problem(422, "invalid-arguments", "Invalid arguments")


REGISTRY: dict[type[errors.DomainError], Problem] = {
    errors.ImportNotFound: Problem(404, "import-not-found", "Import not found"),
    errors.ImportNotCancellable: Problem(409, "import-not-cancellable", "Import can't be cancelled"),
    errors.ImportNotUndoable: Problem(409, "import-not-undoable", "Import can't be undone"),
    errors.EmptyUpload: Problem(422, "empty-upload", "Empty upload"),
    errors.UnsupportedUpload: Problem(415, "unsupported-upload", "Unsupported upload"),
    errors.UploadTooLarge: Problem(413, "upload-too-large", "Upload too large"),
    errors.UploadIncomplete: Problem(400, "upload-incomplete", "Upload incomplete"),
    errors.RequestTooSlow: Problem(408, "request-too-slow", "Request too slow"),
    errors.TooManyLongRequests: Problem(503, "too-many-long-requests", "Too many uploads and downloads at once"),
    errors.UploadMissing: Problem(422, "upload-missing", "No file was sent"),
    errors.StorageFull: Problem(507, "storage-full", "No room for the upload"),
    errors.InvalidPeriod: Problem(422, "invalid-period", "Invalid period"),
    errors.UnknownCalendar: Problem(422, "unknown-calendar", "Unknown calendar"),
    errors.UnknownSortField: Problem(400, "unknown-sort-field", "Unknown sort field"),
    errors.UnknownParameter: Problem(400, "unknown-parameter", "Unknown query parameter"),
    errors.RepeatedParameter: Problem(400, "repeated-parameter", "Repeated query parameter"),
    errors.EmptyParameter: Problem(400, "empty-parameter", "Empty query parameter"),
    errors.InvalidCredentials: Problem(401, "invalid-credentials", "Invalid credentials"),
    errors.NotAuthenticated: Problem(401, "not-authenticated", "Not authenticated"),
    errors.TokenExpired: Problem(401, "token-expired", "Token has expired"),
    errors.NotAllowed: Problem(403, "not-allowed", "Not allowed"),
    errors.RegistrationClosed: Problem(403, "registration-closed", "Registration is closed"),
    errors.UserNotFound: Problem(404, "user-not-found", "User not found"),
    errors.DuplicateUsername: Problem(409, "duplicate-username", "Username is taken"),
    errors.LastAdmin: Problem(409, "last-admin", "Last admin"),
    errors.ApiKeyNotFound: Problem(404, "api-key-not-found", "API key not found"),
    errors.DatabaseUnavailable: Problem(503, "database-unavailable", "Database unavailable"),
    errors.InvalidFields: Problem(422, "invalid-fields", "Invalid fields"),
    errors.InvalidCursor: Problem(422, "invalid-cursor", "Invalid cursor"),
    errors.AtendimentoNotFound: Problem(404, "atendimento-not-found", "Atendimento not found"),
    errors.AtendimentoTaken: Problem(409, "atendimento-taken", "Atendimento's id is taken"),
    errors.ClienteNotFound: Problem(404, "cliente-not-found", "Cliente not found"),
    errors.AngelNotFound: Problem(404, "angel-not-found", "Angel not found"),
    errors.PoloNotFound: Problem(404, "polo-not-found", "Polo not found"),
    errors.AliasNotFound: Problem(404, "alias-not-found", "Alias not found"),
    errors.DuplicateId: Problem(409, "duplicate-id", "Id is taken"),
    errors.DuplicateEmail: Problem(409, "duplicate-email", "E-mail is taken"),
    errors.DuplicateNome: Problem(409, "duplicate-nome", "Name is taken"),
    errors.HasAtendimentos: Problem(409, "has-atendimentos", "Has atendimentos"),
    errors.RecordChanged: Problem(412, "record-changed", "Record has changed"),
    errors.IdempotencyKeyReused: Problem(422, "idempotency-key-reused", "Idempotency-Key was used already"),
    errors.IdempotencyKeyInUse: Problem(409, "idempotency-key-in-use", "Idempotency-Key is in use"),
    errors.TooMuchContention: Problem(503, "too-much-contention", "Too many writers at once"),
    errors.TooManyRequests: Problem(429, "too-many-requests", "Too many requests"),
    errors.NotReady: Problem(503, "not-ready", "Not ready"),
}

# What says that the database is down or too busy, wrapped by SQLAlchemy or straight from the driver.
UNAVAILABLE: tuple[type[Exception], ...] = (
    sqlalchemy.exc.OperationalError,
    sqlalchemy.exc.InterfaceError,
    sqlalchemy.exc.TimeoutError,
    psycopg.OperationalError,
    psycopg.InterfaceError,
)

# The framework's own sentences are for browsers.
SENTENCES: dict[type[HTTPException], str] = {
    NotFound: "There is nothing at this address.",
    RequestEntityTooLarge: "The request is larger than is allowed here.",
    ClientDisconnected: "The request ended before everything that it announced was sent.",
}


def register_problems(app: Flask) -> None:
    """Answer every error of `app` as a problem. Must come after the extensions, whose handlers it replaces."""
    app.register_error_handler(errors.DomainError, _domain_error)
    app.register_error_handler(HTTPException, _http_error)
    for unavailable in UNAVAILABLE:
        app.register_error_handler(unavailable, _database_error)
    app.register_error_handler(Exception, _unknown_error)


def problem(
    status: int,
    detail: str,
    *,
    kind: Problem | None = None,
    fields: dict[str, list[str]] | None = None,
    headers: dict[str, str] | None = None,
) -> Response:
    """Return a problem+json response. `fields` maps each field at fault to its sentences."""
    body = {
        "type": f"urn:problem-type:{kind.slug}" if kind else "about:blank",
        "title": kind.title if kind else phrase(status),
        "status": status,
        "detail": detail,
        "errors": fields or {},
        "request_id": g.get("request_id"),
    }
    text = current_app.json.dumps(body)
    return Response(text, status=status, headers=headers, content_type=MEDIA_TYPE)


def phrase(status: int) -> str:
    """Return what the status is called."""
    return PHRASES.get(status) or HTTPStatus(status).phrase


def _domain_error(error: errors.DomainError) -> Response:
    known = REGISTRY.get(type(error))
    if known is None:
        return _unknown_error(error)
    headers = {401: {"WWW-Authenticate": "Bearer"}, 503: {"Retry-After": str(RETRY_SECONDS)}}.get(known.status)
    if isinstance(error, errors.TooManyRequests):
        headers = {"Retry-After": str(error.retry_after)}
    return problem(known.status, error.detail, kind=known, fields=error.errors, headers=headers)


def _http_error(error: HTTPException) -> Any:
    if error.code is None or error.code < 400:
        return error
    if messages := getattr(error, "data", {}).get("messages"):
        return _invalid_arguments(error.code, messages)
    sentence = SENTENCES.get(type(error)) or _methods(error) or error.description or phrase(error.code)
    # Allow, Retry-After and the like are the original response's.
    headers = {name: value for name, value in error.get_headers() if name.lower() != "content-type"}
    return problem(error.code, sentence, headers=headers)


def _methods(error: HTTPException) -> str | None:
    known = sorted(error.valid_methods or ()) if isinstance(error, MethodNotAllowed) else []
    return f"This address accepts {', '.join(known)}." if known else None


def _invalid_arguments(status: int, messages: dict[str, Any]) -> Response:
    """Answer what webargs refused: `messages` maps a place (query, json ...) to its fields' sentences."""
    fields: dict[str, list[str]] = {}
    for place, found in messages.items():
        _flatten(found if isinstance(found, dict) else {place: found}, "", fields)
    if status == BadRequest.code:
        return problem(400, "The body can't be read as JSON.", fields=fields)
    sentence = f"Wrong or missing: {', '.join(sorted(fields))}."
    return problem(status, sentence, kind=INVALID_ARGUMENTS, fields=fields)


def _flatten(found: dict[Any, Any], prefix: str, fields: dict[str, list[str]]) -> None:
    for name, value in found.items():
        if isinstance(value, dict):
            _flatten(value, f"{prefix}{name}.", fields)
        else:
            # Marshmallow's name for what is wrong with the whole of something.
            field = "body" if (path := f"{prefix}{name}") == "_schema" else path.removesuffix("._schema")
            fields.setdefault(field, []).extend([value] if isinstance(value, str) else map(str, value))


def _database_error(error: Exception) -> Response:
    logger.error("database_error", exc_info=error)
    too_slow = isinstance(getattr(error, "orig", error), psycopg.errors.QueryCanceled)
    sentence = "The database took too long to answer." if too_slow else "The database can't be reached right now."
    return _domain_error(errors.DatabaseUnavailable(sentence))


def _unknown_error(error: Exception) -> Response:
    logger.error("unexpected_error", exc_info=error)
    return problem(500, "Something went wrong here. Include the request_id when you report it.")
