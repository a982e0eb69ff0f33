"""One load of one file: what its steps share."""

from __future__ import annotations

import itertools
import queue
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import IO, Any, TypeVar

from psycopg import Connection

from src.domain.dates import DateRules
from src.domain.imports import READING_SHARE
from src.ingest.encoding import find_encoding
from src.ingest.layout import Layout, read_layout
from src.ingest.rejections import Rejection
from src.ingest.source import Block, InvalidFile, read_blocks
from src.repositories.jobs import Claim, RowCounts
from src.services.heartbeat import Heartbeat
from src.services.rejected_rows import RejectedRows

T = TypeVar("T")


class StageInstead(Exception):
    """The file can't be loaded straight into the empty table; load it again by way of the staging tables."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How a load is tried. `straight` allows it to fill an empty table without staging."""

    straight: bool = True


@dataclass(slots=True)
class Load:
    """A load under way, in one transaction on `connection`. `timings` are seconds per step."""

    claim: Claim
    plan: Plan
    file: IO[bytes]
    rules: DateRules
    max_expanded_bytes: int
    connection: Connection[Any]
    heartbeat: Heartbeat
    rows: RowCounts
    connect: Callable[[], Connection[Any]]
    timings: dict[str, float] = field(default_factory=dict)
    rejected: RejectedRows = field(init=False)

    def __post_init__(self) -> None:
        self.rejected = RejectedRows(self.claim, self.connection, self.rows)

    def open_file(self) -> tuple[Layout, Iterator[Block]]:
        """Return the layout of the file and its blocks, the header still in them. Raises InvalidFile."""
        encoding = self.claim.charset or find_encoding(self.file, self.max_expanded_bytes)
        blocks = read_blocks(self.file, encoding=encoding, max_expanded_bytes=self.max_expanded_bytes)
        first = next(blocks, None)
        if first is None:
            raise InvalidFile("The file is empty.")
        layout = read_layout(first.data, self.claim.kind)
        self.rejected.width = layout.width
        return layout, itertools.chain([first], blocks)

    def note(self, rows_read: int, rejections: list[Rejection], consumed: int) -> None:
        """Store what was rejected, show how far the load is, and stop it if it was cancelled.

        Raises InvalidFile where more was rejected than anybody will correct.
        """
        self.rejected.add(rejections)
        self.rows.read += rows_read
        # Reading is about half of the way; the rest is the merge, which can't tell how far it is.
        self.heartbeat.progress = READING_SHARE * consumed / max(self.claim.size_bytes, 1)
        self.heartbeat.check()

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Time a step."""
        self.heartbeat.check()
        start = time.perf_counter()
        yield
        self.timings[name] = round(self.timings.get(name, 0) + time.perf_counter() - start, 3)


def ahead(items: Iterator[T], depth: int = 2) -> Iterator[T]:
    """Yield `items`, made by another thread up to `depth` ahead: reading overlaps COPY, memory stays bounded."""
    done = object()
    ready: queue.Queue[Any] = queue.Queue(depth)
    abandoned = threading.Event()

    def put(item: object) -> bool:
        while not abandoned.is_set():
            try:
                ready.put(item, timeout=0.1)
                return True
            except queue.Full:
                continue
        return False

    def make() -> None:
        try:
            for item in items:
                if not put(item):
                    return
            put(done)
        except BaseException as error:  # raised again where the items are used
            put(error)

    thread = threading.Thread(target=make, name="reader", daemon=True)
    thread.start()
    try:
        while (item := ready.get()) is not done:
            if isinstance(item, BaseException):
                raise item
            yield item
    finally:
        abandoned.set()
        thread.join()


Loader = Callable[[Load], Layout]
