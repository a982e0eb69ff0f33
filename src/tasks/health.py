"""Celery's doors to the workers' pulse."""

from __future__ import annotations

from typing import Any

from celery.signals import task_prerun

from src.extensions import celery
from src.services import worker_pulse


@celery.task(name=worker_pulse.TASK)  # type: ignore[untyped-decorator]
def pulse() -> None:
    """Do nothing: that a worker has taken this is all that somebody wants to know."""


@task_prerun.connect  # type: ignore[untyped-decorator]
def leave_sign(**_: Any) -> None:
    """Leave a sign of life before each task."""
    worker_pulse.leave_sign()
