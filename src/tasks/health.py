"""Celery's doors to the workers' pulse, and the end of a worker that has gone deaf."""

from __future__ import annotations

import os
import signal
import threading
import time
from typing import Any

import redis
import structlog
from celery.signals import task_prerun, worker_ready
from celery.worker import state

from src.extensions import celery
from src.services import worker_pulse

# So many seconds in a row must tasks wait while this worker does nothing; a moment of that is normal.
DEAF_AFTER_SECONDS = 15
STOP_SECONDS = 20
logger = structlog.get_logger(__name__)


@celery.task(name=worker_pulse.TASK)  # type: ignore[untyped-decorator]
def pulse() -> None:
    """Do nothing: that a worker has taken this is all that somebody wants to know."""


@task_prerun.connect  # type: ignore[untyped-decorator]
def leave_sign(**_: Any) -> None:
    """Leave a sign of life before each task."""
    worker_pulse.leave_sign()


@worker_ready.connect  # type: ignore[untyped-decorator]
def end_when_deaf(**_: Any) -> None:
    """Watch over this worker from a thread of its own.

    A broker that is silent for a second while a task's end is being acknowledged leaves Celery waiting for that task
    for an hour, alive and answering pings. Whoever runs the worker starts it again.
    """
    threading.Thread(target=_watch, name="deafness", daemon=True).start()


def _watch() -> None:
    seconds = 0
    while seconds < DEAF_AFTER_SECONDS:
        time.sleep(1)
        seconds = seconds + 1 if _does_nothing_while_tasks_wait() else 0
    logger.critical("worker_is_deaf", seconds=seconds)
    os.kill(os.getpid(), signal.SIGQUIT)
    time.sleep(STOP_SECONDS)
    os._exit(1)


def _does_nothing_while_tasks_wait() -> bool:
    try:
        return not state.reserved_requests and worker_pulse.waiting_tasks() > 0
    except redis.RedisError:
        return False  # nobody can hear a broker that is away
