"""Where gunicorn's workers keep their figures for Prometheus: one set of files a worker, in a folder of the server's.

The library names the files after the process. A worker that is replaced would leave its own behind for good, and they
would fill the disk; so a worker takes a slot instead: the first whose lock is free, with the counts of whoever had it
before. The system frees the lock whatever the worker dies of.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import socket
from contextlib import suppress
from itertools import count
from pathlib import Path

VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
# More than all routes, statuses and buckets take.
FILE_BYTES = 2 * 1024 * 1024
_MASTER = "master"

_slot = _MASTER
_lock: int | None = None


def make_folder(parent: Path) -> Path:
    """Make an empty folder for this server's figures, remove those of dead ones, and tell the library of it.

    Must come before the library is imported.
    """
    host = socket.gethostname()
    parent.mkdir(parents=True, exist_ok=True)
    for old in parent.glob(f"{host}-*"):
        if not _lives(int(old.name.rpartition("-")[2])):
            shutil.rmtree(old, ignore_errors=True)
    folder = parent / f"{host}-{os.getpid()}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    os.environ[VARIABLE] = str(folder)
    _use_slots()
    return folder


def _use_slots() -> None:
    from prometheus_client import values

    class AllocatedDict(values.MmapedDict):  # type: ignore[name-defined, misc]
        def __init__(self, filename: str, read_mode: bool = False) -> None:
            _allocate(filename)
            super().__init__(filename, read_mode)

    values.MmapedDict = AllocatedDict  # type: ignore[attr-defined]
    values.ValueClass = values.MultiProcessValue(lambda: _slot)  # type: ignore[no-untyped-call]


def _allocate(filename: str) -> None:
    """Have the disk set the file's space aside; the library leaves a hole, and writing into it kills on a full disk."""
    with open(filename, "ab") as file:
        if file.tell() == 0 and hasattr(os, "posix_fallocate"):  # macOS has none
            os.posix_fallocate(file.fileno(), 0, FILE_BYTES)


def take_slot() -> None:
    """Make this process, a worker that has just been forked, write under a slot of its own."""
    global _slot, _lock
    folder = Path(os.environ[VARIABLE])
    for number in count():
        lock = _try_lock(folder, number)
        if lock is not None:
            _forget_gauges(folder, number)
            _slot, _lock = str(number), lock
            return


def free_slots() -> None:
    """Remove what the workers that have ended said of themselves alone; their counts stay."""
    folder = Path(os.environ[VARIABLE])
    for path in folder.glob("*.lock"):
        lock = _try_lock(folder, int(path.stem))
        if lock is not None:
            _forget_gauges(folder, int(path.stem))
            os.close(lock)


def _try_lock(folder: Path, number: int) -> int | None:
    lock = os.open(folder / f"{number}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(lock)
        return None
    return lock


def _forget_gauges(folder: Path, number: int) -> None:
    for path in folder.glob(f"gauge_live*_{number}.db"):
        path.unlink(missing_ok=True)


def _lives(pid: int) -> bool:
    with suppress(PermissionError):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return False
    return True
