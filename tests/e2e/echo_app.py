"""An application that answers with how much it was sent, behind our worker: it starts in a moment."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import Any

from src.gunicorn_conf import *  # noqa: F403 - it is gunicorn's configuration too

BEFORE_IT_LISTENS = "WAIT_FOR_A_SIGNAL"


def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
    size = str(len(environ["wsgi.input"].read())).encode()
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(size)))])
    return [size]


def post_fork(server: Any, worker: Any) -> None:
    """If asked to, have the second worker get a signal before it listens to any, as on a busy machine."""
    while worker.age == 2 and os.environ.get(BEFORE_IT_LISTENS) and server.SIG_QUEUE.empty():
        time.sleep(0.01)
