"""A client of the HTTP API that knows when the last byte of an upload was sent."""

from __future__ import annotations

import http.client
import json
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

BASE = "/api/v1"
BLOCK = 1024 * 1024
ENDED = ("completed", "failed", "cancelled")

Json = dict[str, Any]


class UnexpectedAnswer(Exception):
    """The API answered with an error; the message has the status and its words."""


class Client:
    """Speaks with the API at `url` over one connection that is kept open where the server does so.

    `token` is empty until the login.
    """

    def __init__(self, url: str) -> None:
        self.url, self.token = url, ""
        parts = urlsplit(url)
        self._connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=120)

    def log_in(self, username: str, password: str) -> None:
        """Keep the token for the calls that follow."""
        body = json.dumps({"username": username, "password": password}).encode()
        answer = self._call("POST", "/auth/login", body, {"Content-Type": "application/json"})
        self.token = str(json.loads(answer)["access_token"])

    def get(self, path: str, **parameters: object) -> Json:
        """Return the JSON of a GET."""
        found: Json = json.loads(self.get_bytes(path, **parameters))
        return found

    def get_bytes(self, path: str, **parameters: object) -> bytes:
        """Return the body of a GET; parameters that are None are left out."""
        given = {name: value for name, value in parameters.items() if value is not None}
        return self._call("GET", f"{path}?{urlencode(given)}")

    def upload(self, path: Path) -> tuple[Json, float]:
        """Send a file as a raw body; return the import and the `perf_counter` of its last byte."""
        self._connection.close()
        self._connection.putrequest("POST", f"{BASE}/imports?force=true")
        headers = {"Content-Type": "text/csv", "Content-Length": path.stat().st_size, "X-Filename": path.name}
        for name, value in {**headers, **self._authorization()}.items():
            self._connection.putheader(name, str(value))
        self._connection.endheaders()
        with path.open("rb") as file:
            while block := file.read(BLOCK):
                self._connection.send(block)
        last_byte = time.perf_counter()
        answer: Json = json.loads(self._answer())
        return answer, last_byte

    def _authorization(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}

    def _call(self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None) -> bytes:
        """Call once; once more over a new connection where the server had closed the kept one."""
        for last_try in (False, True):
            try:
                self._connection.request(method, BASE + path, body, {**(headers or {}), **self._authorization()})
                return self._answer()
            except (http.client.RemoteDisconnected, http.client.CannotSendRequest, ConnectionError):
                self._connection.close()
                if last_try:
                    raise
        raise AssertionError("unreachable")

    def _answer(self) -> bytes:
        response = self._connection.getresponse()
        body = response.read()
        if response.status >= 400:
            raise UnexpectedAnswer(f"{response.status}: {body[:500].decode('utf-8', 'replace')}")
        return body
