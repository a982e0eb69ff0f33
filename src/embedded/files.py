"""Files that only their owner may read, written whole or not at all, and the lock of a data folder."""

from __future__ import annotations

import fcntl
import os
import tempfile
import time
from collections import deque
from pathlib import Path

from src.embedded.errors import AlreadyRunning

POLL_SECONDS = 0.1


def private_folder(path: Path) -> Path:
    """Make the folder (mode 700) if there is none, and return it."""
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    return path


def write_private(path: Path, text: str) -> None:
    """Replace the file's content in one step; mode 600."""
    descriptor, aside = tempfile.mkstemp(dir=path.parent, prefix=".new-")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(descriptor)
    except OSError:  # the disk is full
        os.unlink(aside)
        raise
    os.replace(aside, path)


def tail(path: Path, lines: int = 15) -> str:
    """Return the last lines of a log; an empty text where there is none."""
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            return "".join(deque(file, maxlen=lines)).rstrip()
    except OSError:
        return ""


def lock_folder(folder: Path, what: Path, seconds: float = 0) -> int:
    """Return a descriptor that holds the lock until it is closed or this process dies.

    Waits for `seconds` for one that is about to end. Raises AlreadyRunning, naming the process that has it.
    """
    descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    deadline = time.monotonic() + seconds
    while not _is_locked(descriptor):
        if time.monotonic() > deadline:
            holder = os.read(descriptor, 20).decode("ascii", "replace").strip() or "unknown"
            os.close(descriptor)
            raise AlreadyRunning(
                f"The servers of {what} are already run by process {holder}. "
                f"Stop that one first (Ctrl-C there, or `kill {holder}`), or choose another folder with DATA_DIR."
            )
        time.sleep(POLL_SECONDS)
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
    return descriptor


def _is_locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
