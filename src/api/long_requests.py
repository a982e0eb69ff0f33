"""How many uploads and downloads a process takes at once: each holds a thread for as long as its client takes.

The rest of the threads serve everybody else. It is counted after the caller is known, so strangers hold no place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from threading import Lock

from flask import Flask, current_app

from src.config import Settings
from src.errors import TooManyLongRequests

KEY = "long_requests"
SENTENCE = "As many {} as are served at once are under way. Try again in a moment."


class LongRequests:
    """Of the threads, a quarter is kept free of long requests, and half of downloads: these can't stop uploads.

    24 threads: 18 long requests, 12 of them downloads. A process with a single thread has room for one.
    """

    def __init__(self, threads: int) -> None:
        self.total = max(1, threads - max(1, threads // 4))
        self.downloads = max(1, threads // 2)
        self._lock = Lock()
        self._under_way = {"uploads": 0, "downloads": 0}

    @contextmanager
    def upload(self) -> Iterator[None]:
        """Hold a place while an upload is received, or raise TooManyLongRequests."""
        self._take("uploads", self.total)
        try:
            yield
        finally:
            self._give_back("uploads")

    def begin_download(self) -> Callable[[], None]:
        """Take a place for a download, or raise TooManyLongRequests; the function returned gives it back, once."""
        self._take("downloads", self.downloads)
        end = ExitStack()
        end.callback(self._give_back, "downloads")
        return end.close

    def _take(self, kind: str, most: int) -> None:
        with self._lock:
            if self._under_way[kind] >= most or sum(self._under_way.values()) >= self.total:
                raise TooManyLongRequests(SENTENCE.format(kind))
            self._under_way[kind] += 1

    def _give_back(self, kind: str) -> None:
        with self._lock:
            self._under_way[kind] -= 1


def register_long_requests(app: Flask, settings: Settings) -> None:
    """Count the long requests of this process."""
    app.extensions[KEY] = LongRequests(settings.web_threads)


def long_requests() -> LongRequests:
    """Return the count of the current application."""
    found: LongRequests = current_app.extensions[KEY]
    return found
