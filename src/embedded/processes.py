"""Child processes: started so that they die with this one, recorded so that those that did not are found."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from src.embedded import identity
from src.embedded.errors import Unusable
from src.embedded.files import private_folder, write_private

LAUNCHER = Path(__file__).with_name("launch.py")
MAX_LOG_BYTES = 20 * 1024 * 1024
POLL_SECONDS = 0.05
# How long a killed process may take to vanish (it may hang in the kernel, on a dead disk).
UNKILLABLE_SECONDS = 5


@dataclass(frozen=True, slots=True)
class Account:
    """The user a child runs as: None is this process's own. `capability` is the one that it keeps, if any."""

    uid: int | None = None
    gid: int | None = None
    capability: int | None = None


@dataclass(frozen=True, slots=True)
class Command:
    """A program to run. `stop_signal` asks it to end; `stop_seconds` is how long it may take to."""

    name: str
    argv: Sequence[str]
    cwd: Path
    env: Mapping[str, str] = field(default_factory=dict)
    stop_signal: int = signal.SIGTERM
    stop_seconds: float = 10
    account: Account = Account()
    to_console: bool = False


class Children:
    """The children of one data folder: where their logs and records are."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        self.logs = private_folder(data_dir / "log")
        self.records = private_folder(data_dir / "run" / "children")

    def log_of(self, name: str) -> Path:
        """Return the file that takes the output of the child of that name."""
        return self.logs / f"{name}.log"

    def spawn(self, command: Command) -> Child:
        """Start the command in a session of its own; it gets its stop signal when this process dies.

        Raises RuntimeError outside the main thread: the kernel ties the child to the thread that started it.
        """
        if threading.current_thread() is not threading.main_thread():
            raise RuntimeError("Children must be started from the main thread.")
        with _open_log(None if command.to_console else self.log_of(command.name)) as output:
            process = subprocess.Popen(  # noqa: S603 - our own programs
                launched(command),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env={**command.env, identity.MARKER: str(self.data_dir)},
                start_new_session=True,
            )
        record = self.records / f"{command.name}.json"
        # On a full disk it runs without: a child that nobody watches would be worse than one that is not recorded.
        with contextlib.suppress(OSError):
            write_private(record, json.dumps(_described(process.pid, command)))
        return Child(command, process, record)

    def stop_survivors(self, say: Callable[[str], None]) -> None:
        """Stop what the records say earlier runs left behind; a stranger who has such a pid is left alone."""
        found = [Survivor.read(path, self.data_dir) for path in sorted(self.records.glob("*.json"))]
        for survivor in found:
            survivor.ask()
        for survivor in found:
            if survivor.members():
                say(f"Stopping {survivor.name} of an earlier run (process {survivor.pid}).")
            survivor.end()


class Child:
    """A running child process, and its record."""

    def __init__(self, command: Command, process: subprocess.Popen[bytes], record: Path) -> None:
        self.command = command
        self.pid = process.pid
        self.started = time.monotonic()
        self._process = process
        self._record = record

    def exit_code(self) -> int | None:
        """Return None while it runs, else its exit code (minus the signal's number where one killed it).

        When it has ended, whatever is left of its process group is killed before its pid is given back.
        """
        if self._process.returncode is None and self._has_ended():
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, signal.SIGKILL)
            self._process.wait()
            self._record.unlink(missing_ok=True)
        return self._process.returncode

    def stop(self, in_hurry: Callable[[], bool] = lambda: False) -> None:
        """Ask it to end, wait for `stop_seconds` (a tenth of that once `in_hurry()`), then kill its group."""
        asked = time.monotonic()
        self._signal(self.command.stop_signal)
        while self.exit_code() is None:
            late = time.monotonic() - asked - self.command.stop_seconds * (0.1 if in_hurry() else 1)
            if late > UNKILLABLE_SECONDS:
                return
            if late > 0:
                self._signal(signal.SIGKILL)
            time.sleep(POLL_SECONDS)

    def _signal(self, number: int) -> None:
        if self.exit_code() is None:  # not collected, so the pid is still its own
            with contextlib.suppress(ProcessLookupError, PermissionError):
                (os.killpg if number == signal.SIGKILL else os.kill)(self.pid, number)

    def _has_ended(self) -> bool:
        if not hasattr(os, "waitid"):  # macOS before Python 3.13
            return self._process.poll() is not None
        return os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


@dataclass(frozen=True, slots=True)
class Survivor:
    """A child of an earlier run, as recorded."""

    name: str
    pid: int
    started: str | None
    stop_signal: int
    stop_seconds: float
    data_dir: Path
    record: Path

    @classmethod
    def read(cls, record: Path, data_dir: Path) -> Survivor:
        """Return what the record says; one that can't be read names no process (pid 0)."""
        try:
            kept = json.loads(record.read_text(encoding="utf-8"))
            pid, started = int(kept["pid"]), kept["started"]
            how = int(kept["stop_signal"]), float(kept["stop_seconds"])
        except (OSError, ValueError, KeyError, TypeError):
            pid, started, how = 0, None, (signal.SIGTERM, 0)
        return cls(record.stem, pid, started, *how, data_dir=data_dir, record=record)

    def members(self) -> list[int]:
        """Return the live processes: the recorded one, and those of its session that carry our mark."""
        if not self.pid:
            return []
        own = [self.pid] if self.lives() else []
        return own + [pid for pid in identity.session_members(self.pid, self.data_dir) if pid not in own]

    def lives(self) -> bool:
        """Whether the recorded process itself still runs."""
        return bool(self.pid and self.started and identity.start_time(self.pid) == self.started)

    def ask(self) -> None:
        """Send the recorded process its stop signal, if it still is that process."""
        if self.lives():
            send(self.pid, self.stop_signal)

    def end(self) -> None:
        """Wait until it has ended, killing it after `stop_seconds`, then kill its children; drop the record."""
        end_all(lambda: [self.pid] if self.lives() else [], self.stop_seconds)
        end_all(self.members, 0)
        self.record.unlink(missing_ok=True)


def end_all(members: Callable[[], list[int]], seconds: float) -> None:
    """Wait until `members()` is empty; kill those that are left after `seconds`.

    Raises Unusable where even that does not end them.
    """
    deadline = time.monotonic() + seconds
    while left := members():
        late = time.monotonic() - deadline
        if late > UNKILLABLE_SECONDS:
            raise Unusable(f"These processes of an earlier run can't be stopped: {left}.")
        if late > 0:
            for pid in left:
                send(pid, signal.SIGKILL)
        time.sleep(POLL_SECONDS)


def send(pid: int, number: int) -> None:
    """Send the signal; a process that has ended, or that isn't ours to signal, is passed over."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, number)


def launched(command: Command) -> list[str]:
    """Return the arguments that run the command through the launcher."""
    account = command.account
    spec = {
        "parent": os.getpid(),
        "death_signal": int(command.stop_signal),
        "uid": account.uid,
        "gid": account.gid,
        "capability": account.capability,
        "cwd": str(command.cwd),
    }
    return [sys.executable, "-I", "-S", str(LAUNCHER), json.dumps(spec), *command.argv]


def _described(pid: int, command: Command) -> dict[str, object]:
    return {
        "pid": pid,
        "started": identity.start_time(pid),
        "stop_signal": int(command.stop_signal),
        "stop_seconds": command.stop_seconds,
    }


@contextlib.contextmanager
def _open_log(path: Path | None) -> Iterator[IO[bytes] | None]:
    """Open the log for appending (emptied first when it has grown too large); None is the console."""
    if path is None:
        yield None
        return
    with path.open("ab") as file:
        if file.tell() > MAX_LOG_BYTES:
            file.truncate(0)
        yield file
