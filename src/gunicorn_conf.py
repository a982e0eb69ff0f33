"""How gunicorn serves: `gunicorn -c python:src.gunicorn_conf src.app:app` (docs/decisions/0012-serving.md)."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Any

from src.config import ConfigurationError, load_settings
from src.logs import configure_logs
from src.metrics_folder import free_slots, make_folder, take_slot
from src.queue import forget_inherited_connections

try:
    _settings = load_settings()
except ConfigurationError as error:
    sys.exit(f"The configuration is wrong. {error}")

configure_logs(_settings)
_figures = make_folder(_settings.data_dir / "run" / "metrics")

bind = _settings.address
workers = _settings.web_workers
# The workers share the pages of one application, and one that is replaced serves within milliseconds.
preload_app = True
worker_class = "src.gunicorn_worker.Worker"
logger_class = "src.gunicorn_logger.Logger"
threads = _settings.web_threads
# A thread may take an upload for as long as it flows; this only finds processes that are stuck as a whole.
timeout = 60
graceful_timeout = 20
# Whatever a library may leak, a worker is replaced now and then; not all at the same moment.
max_requests = 100_000
max_requests_jitter = 20_000
keepalive = 30
# Beyond, the connection that has waited longest makes room: well below the 1,024 open files that a shell allows.
worker_connections = 512 + threads
# By the same way as everything else: it knows how slow a reader may be.
sendfile = False
# The most there is: a name in an address takes up to twelve characters for one of its own.
limit_request_line = 8190
# The heartbeat is a file: on a disk that is busy with an import it would make live workers look dead.
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108
# Whom to believe about addresses and schemes is TRUSTED_PROXY_HOPS, for all alike; gunicorn would believe anyone here.
forwarded_allow_ips = ""
secure_scheme_headers: dict[str, str] = {}
# No socket to steer the server by: nobody here does, and two servers on one machine would share its path.
control_socket_disable = True


def pre_fork(server: Any, worker: Any) -> None:
    """Let the new worker see what it was told before it listens to signals (src/gunicorn_worker.py)."""
    worker.inherited_signals = server.SIG_QUEUE


def post_fork(server: Any, worker: Any) -> None:
    """Give the new worker a place of its own for what it counts, and none of its parent's connections."""
    take_slot()
    forget_inherited_connections()


def child_exit(server: Any, worker: Any) -> None:
    """Forget what a worker that has ended said of itself."""
    free_slots()


def on_exit(server: Any) -> None:
    """Leave nothing behind."""
    shutil.rmtree(_figures, ignore_errors=True)
