"""Several at the same time."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


def at_once(workers: int, work: Callable[[int], T]) -> list[T]:
    """Run `work` in so many threads, which start together, and return what each returned."""
    start = threading.Barrier(workers)

    def run(number: int) -> T:
        start.wait(30)
        return work(number)

    with ThreadPoolExecutor(workers) as pool:
        return list(pool.map(run, range(workers)))
