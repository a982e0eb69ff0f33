"""Which process is which: a pid with its start time, so that a pid given again is not taken for ours."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

PROC = Path("/proc")
# In every child's environment, with the data folder as its value: how their orphaned children are told apart.
MARKER = "INDICATORS_SUPERVISED"
# Places in /proc/PID/stat, counted after the name in brackets.
STATE, SESSION, STARTED = 0, 3, 19


def start_time(pid: int) -> str | None:
    """Return when the process started: a text that no two processes with this pid share, also across reboots.

    None where no process has the pid, or only a zombie that nobody has collected.
    """
    if not PROC.joinpath("self/stat").exists():
        return _start_time_by_ps(pid)
    fields = _stat(pid)
    if fields is None or fields[STATE] in "ZX":
        return None
    return f"{_boot()}/{fields[STARTED]}"


def session_members(session: int, data_dir: Path) -> list[int]:
    """Return the session's live processes that carry this data folder's mark; none without a /proc."""
    mark = f"{MARKER}={data_dir}".encode()
    return [
        pid
        for pid in _pids()
        if (fields := _stat(pid))
        and fields[STATE] not in "ZX"
        and int(fields[SESSION]) == session
        and mark in _read(pid, "environ").split(b"\0")
    ]


def processes_titled(program: str, token: str) -> list[int]:
    """Return the live processes whose program or title is `program` and whose command line has the token.

    The command line is all that root may read of another user's process in a container, so it has to do.
    """
    found = []
    for pid in _pids():
        line = _read(pid, "cmdline")
        name = os.path.basename(line.split(b"\0")[0].split(b":")[0]).decode("utf-8", "replace")
        if name == program and token.encode() in line and start_time(pid):
            found.append(pid)
    return found


def _pids() -> Iterator[int]:
    if PROC.joinpath("self/stat").exists():
        yield from (int(entry.name) for entry in PROC.iterdir() if entry.name.isdigit())


def _stat(pid: int) -> list[str] | None:
    text = _read(pid, "stat").decode("utf-8", "replace")
    return text.rpartition(")")[2].split() or None


def _read(pid: int, name: str) -> bytes:
    try:
        return PROC.joinpath(str(pid), name).read_bytes()
    except OSError:  # it has ended, or belongs to someone else
        return b""


def _boot() -> str:
    try:
        return PROC.joinpath("sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return ""


def _start_time_by_ps(pid: int) -> str | None:
    shown = subprocess.run(  # noqa: S603 - fixed arguments
        ["/bin/ps", "-o", "state=,lstart=", "-p", str(pid)], capture_output=True, text=True, check=False
    ).stdout.split(maxsplit=1)
    return shown[1].strip() if len(shown) == 2 and not shown[0].startswith("Z") else None
