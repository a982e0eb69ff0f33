"""The log: one JSON object a line on stderr, or readable lines where stderr is a terminal."""

from __future__ import annotations

import logging
import sys
from typing import Any

import structlog


def configure_logs() -> None:
    """Set how our own loggers write. A line carries the request_id of the request that it belongs to."""
    if sys.stderr.isatty():
        # Plain: the library's own choice prints the local variables of every frame, passwords among them.
        style: list[Any] = [structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)]
    else:
        style = [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(ensure_ascii=False)]
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            *style,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        # stdout is for what a command answers; looked up late, since commands and tests replace it.
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
    )
