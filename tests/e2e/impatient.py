"""gunicorn's configuration of the service, with less patience: a test has not the time to wait for it."""

from __future__ import annotations

import src.gunicorn_connection
import src.gunicorn_worker
from src.gunicorn_conf import *  # noqa: F403

src.gunicorn_connection.WINDOW_SECONDS = src.gunicorn_worker.WINDOW_SECONDS = 3.0  # type: ignore[misc]
src.gunicorn_worker.HEAD_SECONDS = 3.0  # type: ignore[misc]
