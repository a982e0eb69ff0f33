"""The web server as it is run, over the test's database and broker."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from src.embedded.ports import free_port

ROOT = Path(__file__).parents[3]


@contextmanager
def web_server(environment: Mapping[str, str], *command: str, **changes: str) -> Iterator[int]:
    """Give the port of `python -m src.app`, or of another module and its arguments, with these settings."""
    port = free_port()
    env = {**os.environ, **environment, "PORT": str(port), "WEB_WORKERS": "1", **changes}
    process = subprocess.Popen([sys.executable, "-m", *(command or ["src.app"])], cwd=ROOT, env=env)
    try:
        deadline = time.monotonic() + 180
        while True:
            try:
                socket.create_connection((changes.get("HOST", "127.0.0.1"), port)).close()
                break
            except OSError:
                assert process.poll() is None, "the server has ended"
                assert time.monotonic() < deadline
                time.sleep(0.1)
        yield port
    finally:
        process.terminate()
        process.wait(30)
