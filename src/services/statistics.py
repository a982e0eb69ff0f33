"""The state of the service as a whole, for its monitoring: the same whichever process is asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import redis
import structlog
from psycopg import Error
from sqlalchemy.exc import SQLAlchemyError

from src.errors import DatabaseUnavailable
from src.repositories import statistics
from src.repositories.statistics import ImportStatistics
from src.services import worker_pulse
from src.services.snapshot import snapshot_cursor

logger = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class DatabaseStatistics:
    """What the database knows. `durations` are counts by bucket, `duration_seconds` their sum."""

    imports: ImportStatistics
    rows: dict[str, int]
    durations: list[int]
    duration_seconds: float
    records: dict[str, int]


@dataclass(frozen=True, slots=True)
class QueueStatistics:
    """What the broker knows; no silence is known where no worker ever took a task."""

    waiting_tasks: int
    worker_silence_seconds: float | None


def database_statistics(bounds: Sequence[float]) -> DatabaseStatistics | None:
    """Return what the database knows, durations by `bounds`; None where it can't be asked."""
    try:
        with snapshot_cursor() as cursor:
            return DatabaseStatistics(
                statistics.fetch_imports(cursor),
                statistics.fetch_rows(cursor),
                *statistics.fetch_durations(cursor, bounds),
                statistics.fetch_records(cursor),
            )
    except (SQLAlchemyError, Error, DatabaseUnavailable) as error:
        logger.warning("no_statistics", of="database", error=type(error).__name__)
        return None


def queue_statistics() -> QueueStatistics | None:
    """Return what the broker knows; None where it can't be asked."""
    try:
        return QueueStatistics(worker_pulse.waiting_tasks(), worker_pulse.seconds_of_silence())
    except redis.RedisError as error:
        logger.warning("no_statistics", of="broker", error=type(error).__name__)
        return None
