"""How gunicorn serves: `gunicorn -c python:src.gunicorn_conf src.app:app`.

The application is not preloaded: each worker makes its own, so no connection is shared across a fork.
"""

from __future__ import annotations

import logging
import sys
from pathlib import Path

from src.config import ConfigurationError, load_settings

try:
    _settings = load_settings()
except ConfigurationError as error:
    sys.exit(f"The configuration is wrong. {error}")

logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s")

bind = f"{_settings.host}:{_settings.port}"
workers = _settings.web_workers
worker_class = "src.gunicorn_worker.Worker"
threads = _settings.web_threads
# A thread may take an upload for as long as it flows; this only finds processes that are stuck as a whole.
timeout = 60
graceful_timeout = 20
keepalive = 30
# The most there is: a name in an address takes up to twelve characters for one of its own.
limit_request_line = 8190
# The heartbeat is a file: on a disk that is busy with an import it would make live workers look dead.
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108
# No socket to steer the server by: nobody here does, and two servers on one machine would share its path.
control_socket_disable = True
