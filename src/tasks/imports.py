"""Celery's doors to the imports: an id in, one service call."""

from __future__ import annotations

from typing import Any

from celery.signals import worker_ready

from src.extensions import celery
from src.services import run_import as runner
from src.services import sweep as sweeper


@celery.task(name="imports.run")  # type: ignore[untyped-decorator]
def run_import(import_id: int) -> None:
    """Run one import."""
    runner.run_import(import_id)


@celery.task(name="imports.sweep")  # type: ignore[untyped-decorator]
def sweep() -> None:
    """Pick up what got lost."""
    sweeper.sweep()


@worker_ready.connect  # type: ignore[untyped-decorator]
def sweep_at_start(**_: Any) -> None:
    """Sweep when a worker starts: what its killed predecessor held may be due already."""
    sweep.delay()
