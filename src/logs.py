"""The log of every process: one JSON object a line on stderr, or readable lines where stderr is a terminal.

Our own loggers are structlog's and write by themselves, since a line a request shall cost little. What libraries tell
the standard loggers (gunicorn, Celery, Alembic) goes through one handler of the root and comes out in the same shape.
"""

from __future__ import annotations

import json
import logging
import os
import re
import sys
from collections.abc import Iterable, MutableMapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote, urlsplit

import orjson
import structlog

from src.config import Settings

HIDDEN = "[hidden]"
# A password within an address, a token or a piece of one, a password's hash: what a driver or a library may quote in
# its errors. Whoever asks for an address writes it into a line, so no part of a line is looked through twice: a user's
# name has no colon, and of what begins as a token all is taken, whether the rest of a token follows or not.
SECRET_LOOKING = re.compile(
    r"(?<=://)[^\s/@\"':]*:[^\s/\"']+(?=@)|eyJ[\w-]{8,}(?:\.[\w-]+\.[\w-]*)?|\$argon2[\w$=,+/]+"
)
# Shorter ones would hide ordinary words.
MIN_SECRET_CHARACTERS = 8
# What these tell about each task is said by our own lines, with the import's id; the plug-ins are of no interest.
QUIET = ("celery.worker.strategy", "celery.app.trace", "alembic.runtime.plugins")
# Flask-Alembic gives these handlers of their own.
TAKEN_OVER = ("alembic", "sqlalchemy")

_secrets: tuple[str, ...] = ()


def configure_logs(settings: Settings | None = None) -> None:
    """Set how all loggers of this process write; the secrets of `settings` are hidden wherever they turn up.

    A line carries what is bound to the context: the request_id of the request that it belongs to, and the like.
    """
    global _secrets
    _secrets = tuple(secrets_of(settings)) if settings else _secrets
    style = _readable() if sys.stderr.isatty() else _json()
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso"),
    ]
    structlog.configure(
        processors=[*shared, *style],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        # stdout is for what a command answers; looked up late, since commands and tests replace it.
        logger_factory=lambda *_: _Logger(sys.stderr),
    )
    _take_over_standard_loggers([*shared, structlog.stdlib.add_logger_name], style)


def log_in_one_line(event: str, sentence: str) -> None:
    """Write the sentence for a person at a terminal, and as the `error` of a line of the log anywhere else.

    For what ends a process before its log is set up.
    """
    if sys.stderr.isatty():
        print(sentence, file=sys.stderr)
        return
    configure_logs()
    structlog.get_logger(__name__).critical(event, error=sentence)


def log_from_signal_handler(event: str) -> None:
    """Write a line in one system call: the handler may have interrupted a write to the buffered stderr."""
    line = {"event": event, "level": "info", "timestamp": datetime.now(UTC).isoformat()}
    text = event if sys.stderr.isatty() else json.dumps(line)
    with suppress(OSError):
        os.write(2, f"{text}\n".encode())


def log_warnings_only() -> None:
    """Leave out what goes as it should, for a command that itself shows a person how far it is."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    logging.getLogger().setLevel(logging.WARNING)


def secrets_of(settings: Settings) -> set[str]:
    """Return what must never be read in a log, in each of the spellings that a line may have."""
    urls = [urlsplit(url).password for url in (settings.database_url, settings.redis_url) if url]
    plain = {
        settings.jwt_secret_key,
        settings.jwt_secret_key_previous,
        settings.admin_password,
        *urls,
        *(unquote(found) for found in urls if found),
    }
    long = {secret for secret in plain if secret and len(secret) >= MIN_SECRET_CHARACTERS}
    return long | {json.dumps(secret, ensure_ascii=False)[1:-1] for secret in long}


class _Logger(structlog.WriteLogger):
    """Writes a line; on a full disk it is lost, and not the request that it tells of."""

    def msg(self, message: str) -> None:
        with suppress(OSError):
            super().msg(message)

    log = debug = info = warn = warning = msg
    fatal = failure = err = error = critical = exception = msg


class _Handler(logging.Handler):
    """Writes to what stderr is at that moment."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            sys.stderr.write(f"{self.format(record)}\n")
            sys.stderr.flush()
        except Exception:
            self.handleError(record)


def _take_over_standard_loggers(shared: list[Any], style: list[Any]) -> None:
    handler = _Handler()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *style],
        )
    )
    root = logging.getLogger()
    root.handlers = [other for other in root.handlers if not isinstance(other, _Handler)] + [handler]
    root.setLevel(logging.INFO)
    logging.captureWarnings(True)
    for name in TAKEN_OVER:
        logging.getLogger(name).handlers.clear()
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


def _readable() -> list[Any]:
    # Plain: the library's own choice prints the local variables of every frame, passwords among them.
    return [structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback), _hide_secrets]


def _json() -> list[Any]:
    return [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(serializer=_dumps), _hide_secrets]


def _dumps(event: Any, **options: Any) -> str:
    try:
        return orjson.dumps(event, default=options.get("default"), option=orjson.OPT_NON_STR_KEYS).decode()
    except orjson.JSONEncodeError:  # half a surrogate pair, a number beyond 64 bits
        return json.dumps(event, default=options.get("default"))


def _hide_secrets(_logger: Any, _method: str, line: MutableMapping[str, Any]) -> str:
    return hide(str(line), _secrets)


def hide(line: str, secrets: Iterable[str] = ()) -> str:
    """Return the line without `secrets` and what looks like one."""
    for secret in secrets:
        if secret in line:
            line = line.replace(secret, HIDDEN)
    if "://" in line or "eyJ" in line or "$argon2" in line:
        line = SECRET_LOOKING.sub(HIDDEN, line)
    return line
