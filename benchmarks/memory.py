"""The worker's peak memory, from /proc."""

from __future__ import annotations

import contextlib
from pathlib import Path

PROC = Path("/proc")
RESET_PEAK = "5"


class WorkerMemory:
    """Watches the processes of a Celery pool: the children of the `celery worker` that descends from `root`."""

    def __init__(self, root: int) -> None:
        self._root = root
        self._pids: list[int] = []
        self._peak_kib = 0

    def reset(self) -> None:
        """Find the pool as it is now, and forget its peaks so far, here and in the kernel where it allows that."""
        self._peak_kib, self._pids = 0, self._pool()
        for pid in self._pids:
            with contextlib.suppress(OSError):
                (PROC / str(pid) / "clear_refs").write_text(RESET_PEAK, encoding="ascii")

    def sample(self) -> None:
        """Take note of the peaks; to be called now and then, since a process may end and be replaced."""
        self._peak_kib = max([self._peak_kib, *map(_peak_kib, self._pids)])

    @property
    def peak_mb(self) -> float | None:
        """The largest resident size of any one process since the reset, in MB; None where /proc does not tell."""
        return self._peak_kib * 1024 / 1e6 if self._peak_kib else None

    def _pool(self) -> list[int]:
        children = _children()
        workers = [pid for pid in _descendants(self._root, children) if _is_worker(pid)]
        return [child for worker in workers for child in children.get(worker, []) if _is_worker(child)]


def _children() -> dict[int, list[int]]:
    """Return the children of every process."""
    found: dict[int, list[int]] = {}
    for folder in PROC.glob("[0-9]*"):
        with contextlib.suppress(OSError, ValueError, IndexError):
            # The name stands in parentheses and may have blanks; what follows it does not.
            parent = int((folder / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()[1])
            found.setdefault(parent, []).append(int(folder.name))
    return found


def _descendants(root: int, children: dict[int, list[int]]) -> list[int]:
    found = [root]
    for pid in found:
        found += children.get(pid, [])
    return found


def _is_worker(pid: int) -> bool:
    try:
        arguments = (PROC / str(pid) / "cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
    return b"worker" in arguments and any(b"celery" in argument for argument in arguments)


def _peak_kib(pid: int) -> int:
    try:
        lines = (PROC / str(pid) / "status").read_text(encoding="utf-8").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("VmHWM:")), 0)
