"""Celery's settings, and the Flask application that its tasks run in."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import structlog
from celery import Task
from celery.beat import Scheduler
from celery.signals import (
    before_task_publish,
    celeryd_init,
    setup_logging,
    task_postrun,
    task_prerun,
    worker_process_init,
)
from flask import Flask

from src.config import Settings
from src.extensions import celery, db
from src.logs import log_from_signal_handler
from src.redis_client import require_name

# Nobody listens there: without a broker every send fails at once, and the sweep sends again later.
NO_BROKER = "redis://127.0.0.1:9/0"
BROKER_TIMEOUT_SECONDS = 1
REQUEST_ID = "request_id"  # a header of the task's message
# Sweeps must not pile up where no worker is. Not less: the worker's clock may be an hour ahead of beat's, and it would
# then drop each of them unseen.
SWEEP_EXPIRES_SECONDS = 2 * 3600


class ContextTask(Task):  # type: ignore[misc]
    """A task that runs inside the application's context."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        with celery.flask_app.app_context():
            return self.run(*args, **kwargs)


class Clock(Scheduler):  # type: ignore[misc]
    """Beat's scheduler: touches a file at each of its rounds, by which a health check sees that it goes.

    It remembers nothing: a last run kept from before the clock was set back would keep beat still for that long.
    """

    def __init__(self, *args: Any, schedule_filename: str, **kwargs: Any) -> None:
        self._sign_of_life = Path(schedule_filename)
        self._sign_of_life.parent.mkdir(parents=True, exist_ok=True)
        super().__init__(*args, **kwargs)

    def tick(self, *args: Any, **kwargs: Any) -> float:
        self._sign_of_life.touch()
        seconds: float = super().tick(*args, **kwargs)
        return seconds


def configure_queue(app: Flask, settings: Settings) -> None:
    """Bind Celery to `app`. Tasks carry an id as JSON and give no result: Postgres holds the truth about each job."""
    celery.flask_app = app
    celery.task_cls = ContextTask
    celery.conf.update(
        broker_url=settings.redis_url or NO_BROKER,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        broker_transport_options={
            "visibility_timeout": 3600,
            "socket_connect_timeout": BROKER_TIMEOUT_SECONDS,
            "socket_timeout": BROKER_TIMEOUT_SECONDS,
            "max_retries": 0,
        },
        imports=("src.tasks.imports", "src.tasks.health"),
        task_serializer="json",
        accept_content=["json"],
        task_default_queue="imports",
        task_ignore_result=True,
        # A killed worker's task is delivered again; the lease in Postgres keeps it from running twice.
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        # Our own lines are lines of the log already.
        worker_redirect_stdouts=False,
        worker_prefetch_multiplier=1,
        worker_max_tasks_per_child=50,
        worker_max_memory_per_child=400_000,  # KiB
        worker_concurrency=settings.worker_concurrency,
        beat_scheduler="src.queue:Clock",
        beat_schedule={
            "sweep": {
                "task": "imports.sweep",
                "schedule": settings.sweep_seconds,
                "options": {"expires": SWEEP_EXPIRES_SECONDS},
            }
        },
        beat_schedule_filename=str(settings.data_dir / "run" / "beat-schedule"),
    )


def send_task(name: str, *args: Any) -> None:
    """Put the task into the queue. Raises within a moment where the broker is away."""
    host = urlsplit(celery.conf.broker_url).hostname
    if host:
        require_name(host, BROKER_TIMEOUT_SECONDS)
    celery.send_task(name, args, retry=False)


@worker_process_init.connect  # type: ignore[untyped-decorator]
def forget_inherited_connections(**_: Any) -> None:
    """Drop the pool of the process that this one was forked from, without closing its sockets: it may use them yet."""
    with celery.flask_app.app_context():
        db.engine.dispose(close=False)


@celeryd_init.connect  # type: ignore[untyped-decorator]
def _say_in_the_log(**_: Any) -> None:
    """Have Celery's words at a signal (`worker: Cold shutdown`) be a line of the log like all others."""
    from celery.apps import worker  # half a second, which only a worker spends

    worker.safe_say = lambda message, *_: log_from_signal_handler(message)


@setup_logging.connect  # type: ignore[untyped-decorator]
def _leave_the_log_alone(**_: Any) -> None:
    """Keep Celery from setting up a log of its own: somebody who listens here is all that it takes."""


@before_task_publish.connect  # type: ignore[untyped-decorator]
def _pass_on_the_request(headers: dict[str, Any], **_: Any) -> None:
    """Send the id of the request that a task comes from with it."""
    bound = structlog.contextvars.get_contextvars()
    if "request_id" in bound:
        headers[REQUEST_ID] = bound["request_id"]


@task_prerun.connect  # type: ignore[untyped-decorator]
def _take_up_the_request(task: Task, task_id: str, **_: Any) -> None:
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(task=task.name, task_id=task_id)
    if request_id := task.request.get(REQUEST_ID):
        structlog.contextvars.bind_contextvars(request_id=request_id)


@task_postrun.connect  # type: ignore[untyped-decorator]
def _forget_the_request(**_: Any) -> None:
    structlog.contextvars.clear_contextvars()
