"""A program at a terminal of its own, as a person would run it."""

from __future__ import annotations

import os
import pty
import select
import signal
import time
from collections.abc import Mapping, Sequence

# On a busy machine a start may be silent for as long.
PATIENCE_SECONDS = 180


class Terminal:
    """Runs `argv` as the leader of a pseudo-terminal's session; killed at the end of the block if need be."""

    def __init__(self, argv: Sequence[str], env: Mapping[str, str]) -> None:
        self.shown = b""
        self._pid, self._descriptor = pty.fork()
        if self._pid == 0:
            os.execvpe(argv[0], argv, {**os.environ, **env})

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._descriptor)  # the terminal hangs up: what is still there gets SIGHUP
        if self._pid:
            os.kill(self._pid, signal.SIGKILL)
            os.waitpid(self._pid, 0)

    def press(self, key: bytes) -> None:
        os.write(self._descriptor, key)

    def press_until_the_end(self, key: bytes, after: float) -> None:
        """Press the key at that moment, and every second from then on, until the program has gone."""
        deadline, at = time.monotonic() + PATIENCE_SECONDS, time.monotonic() + after
        while True:
            if (left := at - time.monotonic()) <= 0:
                self.press(key)
                at = time.monotonic() + 1
            elif select.select([self._descriptor], [], [], left)[0] and not self._read():
                return
            assert time.monotonic() < deadline, self.shown

    def read_until(self, text: bytes, seconds: float = PATIENCE_SECONDS) -> None:
        """Read on until the text has been shown."""
        deadline = time.monotonic() + seconds
        while text not in self.shown:
            assert self._read(deadline - time.monotonic()), self.shown

    def exit_code(self) -> int:
        """Read to the end, and return the exit code (minus the signal's number)."""
        while self._read():
            pass
        pid, self._pid = self._pid, 0
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])

    def _read(self, seconds: float = PATIENCE_SECONDS) -> bool:
        """Take what is shown in that time; False when the program has gone."""
        if not select.select([self._descriptor], [], [], max(seconds, 0))[0]:
            raise AssertionError(f"nothing happens after: {self.shown!r}")
        try:
            read = os.read(self._descriptor, 65536)
        except OSError:  # this is how Linux says that nobody has the terminal any more
            return False
        self.shown += read
        return bool(read)
