"""Clocks and medians."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable


def seconds_of(work: Callable[[], object]) -> float:
    """Return how long the work takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def median_ms(repeat: int, *ways: Callable[[], object]) -> list[float]:
    """Return the median milliseconds of each way; they take turns, so that all meet the same machine."""
    rounds = [[seconds_of(way) for way in ways] for _ in range(repeat)]
    return [statistics.median(times) * 1000 for times in zip(*rounds, strict=True)]
