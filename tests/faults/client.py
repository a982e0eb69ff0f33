"""A client that takes a new connection for each request, since whoever it speaks to may have been killed."""

from __future__ import annotations

import http.client
import json
import threading
import time
from typing import Any, NamedTuple
from urllib.parse import urlsplit

BASE = "/api/v1"
ENDED = ("completed", "failed", "cancelled")
Json = dict[str, Any]


class Answer(NamedTuple):
    """A response, its body read as JSON where there is one."""

    status: int
    json: Any
    headers: dict[str, str]


class Client:
    """Speaks to the API at `url`; logs in when it first needs to."""

    def __init__(self, url: str, username: str, password: str) -> None:
        parts = urlsplit(url)
        self._host, self._port = parts.hostname or "", parts.port
        self._login = {"username": username, "password": password}
        self._token = ""
        self._lock = threading.Lock()

    def answers(self, path: str) -> bool:
        """Whether the server is there and answers with 200."""
        try:
            return self.raw("GET", path).status == 200
        except OSError:
            return False

    def call(self, method: str, path: str, body: object = None, **headers: str) -> Answer:
        """Send JSON, or bytes as CSV, and return the answer. Raises OSError or HTTPException without one.

        Logs in again where the session is gone, e.g. with the tables of a downgrade.
        """
        data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        kind = "text/csv" if isinstance(body, bytes) else "application/json"
        given = {"Content-Type": kind, **headers}
        answer = self.raw(method, BASE + path, data, {"Authorization": f"Bearer {self.token()}", **given})
        if answer.status != 401:
            return answer
        with self._lock:
            self._token = ""
        return self.raw(method, BASE + path, data, {"Authorization": f"Bearer {self.token()}", **given})

    def get(self, path: str) -> Any:
        """Return the JSON of a GET that must succeed."""
        answer = self.call("GET", path)
        assert answer.status == 200, answer
        return answer.json

    def upload(self, data: bytes, options: str = "force=true") -> Answer:
        """Send a file as a raw body; again while as many uploads are under way as are served at once."""
        answer = self.call("POST", f"/imports?{options}", data)
        while answer.status == 503 and answer.json["type"].endswith("too-many-long-requests"):
            time.sleep(0.2)
            answer = self.call("POST", f"/imports?{options}", data)
        return answer

    def raw(self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None) -> Answer:
        """Send a request and return the answer."""
        connection = http.client.HTTPConnection(self._host, self._port, timeout=60)
        try:
            connection.request(method, path, body, headers or {})
            response = connection.getresponse()
            text = response.read()
            content = json.loads(text) if "json" in response.headers.get("Content-Type", "") else None
            return Answer(response.status, content, dict(response.headers))
        finally:
            connection.close()

    def kept(self) -> Kept:
        """Return a connection that is kept open, logged in."""
        return Kept(http.client.HTTPConnection(self._host, self._port, timeout=60), self.token())

    def token(self) -> str:
        """Return an access token."""
        with self._lock:
            if not self._token:
                body = json.dumps(self._login).encode()
                answer = self.raw("POST", f"{BASE}/auth/login", body, {"Content-Type": "application/json"})
                assert answer.status == 200, answer
                self._token = answer.json["access_token"]
            return self._token


class Kept:
    """One connection for many requests, as a browser or a client's pool has it."""

    def __init__(self, connection: http.client.HTTPConnection, token: str) -> None:
        self._connection = connection
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    def status(self, method: str, path: str, body: object = None) -> int:
        """Send a request, read all of its answer, and return the status.

        Sent again where the server closed the connection before it took the request.
        """
        data = None if body is None else json.dumps(body).encode()
        try:
            return self._send(method, path, data)
        except (http.client.RemoteDisconnected, ConnectionError):
            self._connection.close()
            return self._send(method, path, data)

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def _send(self, method: str, path: str, data: bytes | None) -> int:
        self._connection.request(method, BASE + path, data, self._headers)
        response = self._connection.getresponse()
        response.read()
        return response.status
