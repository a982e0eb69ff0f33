"""A real process in a test: its output as lines, what it started, and its end."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

from src.embedded import identity

ROOT = Path(__file__).parents[2]
T = TypeVar("T")


def wait_for(condition: Callable[[], T], seconds: float = 90) -> T:
    """Return the condition's value once it is true; a busy machine has time."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, "it does not happen"
        time.sleep(0.05)
    return value


class Running:
    """A program of ours that supervises the children of a data folder."""

    def __init__(self, data_dir: Path, *argv: str, env: Mapping[str, str] | None = None) -> None:
        self.data_dir = data_dir
        self._out = data_dir.parent / f"out-{time.monotonic_ns()}.txt"
        with self._out.open("wb") as out:
            self._process = subprocess.Popen(
                [sys.executable, *argv],
                cwd=ROOT,
                env={**os.environ, **(env or {})},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                # Under nohup the tests ignore it, and so would what they start.
                preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL),
            )

    def __enter__(self) -> Running:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            self.stop()

    def output(self) -> str:
        return self._out.read_text(encoding="utf-8", errors="replace")

    def says(self, text: str, seconds: float = 180) -> None:
        """Wait until it has printed the text; fails when it has ended without."""

        def said() -> bool:
            ended = self._process.poll() is not None
            if text in self.output():
                return True
            assert not ended, f"it ended with {self._process.returncode}:\n{self.output()}"
            return False

        wait_for(said, seconds)

    @property
    def pid(self) -> int:
        return self._process.pid

    def send(self, number: int) -> None:
        self._process.send_signal(number)

    def stop(self, number: int = signal.SIGINT) -> int:
        """Ask it to stop and return its exit code."""
        self.send(number)
        return self.wait()

    def wait(self, seconds: float = 60) -> int:
        try:
            return self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self._process.kill()
            raise

    def kill(self) -> None:
        """Kill it, and it alone, with a signal it can't catch."""
        self._process.kill()
        self._process.wait()

    def kill_all(self) -> None:
        """Kill it and all its children at once: stopped, it neither collects nor replaces one before it ends itself."""
        self.send(signal.SIGSTOP)
        for path in self._records():
            os.kill(self.pid_of(path.stem), signal.SIGKILL)
        self.kill()

    def pid_of(self, name: str) -> int:
        record = self.data_dir / "run" / "children" / f"{name}.json"
        return int(json.loads(record.read_text(encoding="utf-8"))["pid"])

    def children(self) -> list[str]:
        return sorted(path.stem for path in self._records())

    def _records(self) -> list[Path]:
        return list((self.data_dir / "run" / "children").glob("*.json"))


def lives(pid: int) -> bool:
    return identity.start_time(pid) is not None


def addresses(data_dir: Path) -> dict[str, str]:
    """Return what the supervisor publishes; empty while nothing runs."""
    try:
        found: dict[str, str] = json.loads((data_dir / "run" / "servers.json").read_text(encoding="utf-8"))
        return found
    except FileNotFoundError:
        return {}
