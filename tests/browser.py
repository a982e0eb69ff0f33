"""A real browser, Chromium without a window, spoken to over a pipe (the DevTools protocol)."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
PATIENCE_SECONDS = 60
OPTIONS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--window-size=1300,1400")


class Page:
    """One page: run JavaScript in it, wait for what it shows, take its picture."""

    def __init__(self, sent: int, received: int) -> None:
        self._sent, self._received = sent, received
        self._number, self._buffer = 0, b""
        self.logged: list[str] = []
        target = self._call("Target.createTarget", url="about:blank")["targetId"]
        self._session: str | None = None
        self._session = self._call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log"):
            self._call(f"{domain}.enable")

    def open(self, url: str) -> None:
        self._call("Page.navigate", url=url)

    def run(self, script: str) -> Any:
        """Return what the expression evaluates to."""
        answer = self._call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def wait_for(self, script: str) -> Any:
        """Evaluate the expression until it is true, and return its value."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not (value := self.run(script)):
            assert time.monotonic() < deadline, (script, self.run("document.body.innerText"), self.logged)
            time.sleep(0.1)
        return value

    def picture(self, path: Path) -> None:
        path.write_bytes(base64.b64decode(self._call("Page.captureScreenshot")["data"]))

    def _call(self, method: str, **parameters: Any) -> dict[str, Any]:
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        if getattr(self, "_session", None):
            message["sessionId"] = self._session
        os.write(self._sent, json.dumps(message).encode() + b"\0")
        while (answer := self._next()).get("id") != self._number:
            if answer.get("method") == "Log.entryAdded":
                self.logged.append(answer["params"]["entry"]["text"])
        assert "error" not in answer, answer
        found: dict[str, Any] = answer["result"]
        return found

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._buffer:
            data = os.read(self._received, 1 << 20)
            assert data, "the browser has gone"
            self._buffer += data
        message, _, self._buffer = self._buffer.partition(b"\0")
        found: dict[str, Any] = json.loads(message)
        return found


@contextmanager
def browser_page(profile: Path) -> Iterator[Page]:
    """Start a browser, give its page, and end it."""
    assert CHROMIUM
    (its_in, sent), (received, its_out) = os.pipe(), os.pipe()
    # The browser reads descriptor 3 and writes to 4.
    shell = f'exec "$@" 3<&{its_in} 4>&{its_out}'
    argv = [CHROMIUM, *OPTIONS, f"--user-data-dir={profile}", "--remote-debugging-pipe"]
    with subprocess.Popen(
        ["bash", "-c", shell, "bash", *argv], pass_fds=(its_in, its_out), stderr=subprocess.DEVNULL
    ) as process:
        os.close(its_in)
        os.close(its_out)
        try:
            yield Page(sent, received)
        finally:
            process.kill()
            os.close(sent)
            os.close(received)
