"""Whether workers take tasks off the queue, which one may fail to do that is alive and answers Celery's ping.

Each task that is taken leaves a sign in the broker. Where there was none lately, a task is sent that does nothing else.
The broker's clock tells the time: no two machines need to agree on theirs.
"""

from __future__ import annotations

import re
import time
from functools import cache
from typing import Any

import redis
import structlog

from src.extensions import celery
from src.queue import send_task
from src.redis_client import redis_client

TAKEN_AT, ASKED = "indicators:task_taken_at", "indicators:pulse_asked"
TASK = "worker.pulse"
TIMEOUT_SECONDS = 1
# While the last sign is younger than this no task is sent: asking often does not fill the queue.
FRESH_SECONDS = 3
WAIT_SECONDS = 1.5
# After this long the task that was sent counts as lost, and another is sent; until then one in the queue is enough.
ASK_AGAIN_SECONDS = 10
LEAVE_SIGN = "redis.call('set', KEYS[1], redis.call('time')[1]) redis.call('del', KEYS[2])"
SIGN = re.compile(rb"[0-9]{1,15}")
logger = structlog.get_logger(__name__)


def require_broker() -> None:
    """Return if the broker answers. Raises RedisError."""
    _broker().ping()


def leave_sign() -> None:
    """Note that a worker has taken a task just now; without a broker nothing happens."""
    try:
        _broker().eval(LEAVE_SIGN, 2, TAKEN_AT, ASKED)
    except redis.RedisError as error:
        logger.warning("pulse_not_left", error=str(error))


def seconds_of_silence() -> float | None:
    """Return how long ago a worker took a task, or None if none is known to have. Raises RedisError."""
    (seconds, microseconds), taken_at = _broker().pipeline(transaction=False).time().get(TAKEN_AT).execute()
    if taken_at is None or not SIGN.fullmatch(taken_at):  # what is no time was not left by a worker
        return None
    return float(max(0.0, seconds + microseconds / 1e6 - int(taken_at)))


def waiting_tasks() -> int:
    """Return how many tasks wait in the broker. Raises RedisError."""
    return int(_broker().llen(celery.conf.task_default_queue))


def is_heard() -> bool:
    """Whether a worker has taken a task lately, or takes the one that is sent now. Raises RedisError."""
    deadline = time.monotonic() + WAIT_SECONDS
    asked = False
    while not _is_fresh(seconds_of_silence()):
        if not asked and _broker().set(ASKED, 1, nx=True, ex=ASK_AGAIN_SECONDS):
            send_task(TASK)
        asked = True
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def _is_fresh(silence: float | None) -> bool:
    return silence is not None and silence < FRESH_SECONDS


@cache
def _client(url: str) -> redis.Redis:
    return redis_client(url, TIMEOUT_SECONDS)


def _broker() -> Any:
    return _client(celery.conf.broker_url)
