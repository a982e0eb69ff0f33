"""docs/insomnia_workspace.yaml, sent as Insomnia would send it: from top to bottom, its tags filled in."""

from __future__ import annotations

import base64
import json
import re
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode

import yaml

WORKSPACE = Path(__file__).parent.parent / "docs" / "insomnia_workspace.yaml"
VARIABLE = re.compile(r"\{\{ _\.(\w+) \}\}")
RESPONSE = re.compile(
    r"\{% response 'body', '(\w+)', 'b64::([\w=]+)::46b', '(no-history|when-expired|always)', \d+ %\}"
)
UUID = re.compile(r"\{% uuid 'v4' %\}")
BOUNDARY = "the-boundary"


class Sent(NamedTuple):
    """What is sent for one request."""

    method: str
    url: str
    headers: dict[str, str]
    body: bytes | None


# Sends a request and returns the answer's status and body.
Send = Callable[[Sent], tuple[int, bytes]]


def resources(kind: str) -> list[dict[str, Any]]:
    """Return the workspace's resources of a kind, as Insomnia shows them: by their sort keys."""
    found = yaml.safe_load(WORKSPACE.read_text(encoding="utf-8"))["resources"]
    return sorted((each for each in found if each["_type"] == kind), key=lambda each: each.get("metaSortKey", 0))


def in_order() -> Iterator[dict[str, Any]]:
    """Give the requests, folder by folder."""
    requests = resources("request")
    for folder in resources("request_group"):
        yield from (each for each in requests if each["parentId"] == folder["_id"])


class Replay:
    """One pass over the workspace, with these values of its environment and this file to upload."""

    def __init__(self, send: Send, file: bytes, **environment: str) -> None:
        (base,) = resources("environment")
        self._send, self._file = send, file
        self._environment = base["data"] | environment
        self._answers: dict[str, Any] = {}

    def send_all(self) -> dict[str, tuple[int, bytes]]:
        """Send every request, and return the answers' statuses and bodies by the requests' ids."""
        return {each["_id"]: self._answered(each) for each in in_order()}

    def _send_again(self, request_id: str) -> None:
        """Send a request of which another one always wants a new answer."""
        self._answered(next(each for each in resources("request") if each["_id"] == request_id))

    def _answered(self, request: dict[str, Any]) -> tuple[int, bytes]:
        if request["_id"] == "req_undo_import":
            self._wait_for_the_import()
        status, body = self._send(self._filled(request))
        if body.startswith(b"{"):
            self._answers[request["_id"]] = json.loads(body)
        return status, body

    def _wait_for_the_import(self) -> None:
        """Look at the import until it has ended, as one would before one undoes it."""
        (show,) = (each for each in resources("request") if each["_id"] == "req_show_import")
        deadline = time.monotonic() + 60
        while json.loads(self._send(self._filled(show))[1])["status"] in ("queued", "running"):
            assert time.monotonic() < deadline
            time.sleep(0.2)

    def _filled(self, request: dict[str, Any]) -> Sent:
        headers = self._enabled(request["headers"])
        if token := request["authentication"].get("token"):
            headers["Authorization"] = f"Bearer {self._text(token)}"
        query = urlencode(self._enabled(request["parameters"]))
        body = request["body"]
        if body.get("mimeType") == "multipart/form-data":
            headers["Content-Type"] = f"multipart/form-data; boundary={BOUNDARY}"
            content: bytes | None = self._parts(body["params"])
        else:
            content = self._text(body["text"]).encode() if "text" in body else None
        return Sent(request["method"], self._text(request["url"]) + (f"?{query}" if query else ""), headers, content)

    def _enabled(self, items: list[dict[str, Any]]) -> dict[str, str]:
        return {item["name"]: self._text(item["value"]) for item in items if not item.get("disabled")}

    def _text(self, text: str) -> str:
        text = VARIABLE.sub(lambda found: str(self._environment[found[1]]), text)
        text = UUID.sub(lambda _: str(uuid.uuid4()), text)
        text = RESPONSE.sub(lambda found: self._value(found[1], base64.b64decode(found[2]).decode(), found[3]), text)
        assert "{{" not in text, text
        assert "{%" not in text, text
        return text

    def _value(self, request_id: str, path: str, when: str) -> str:
        """Return what the path, `$.name` and so on, names in the latest answer to the request."""
        if when == "always":
            self._send_again(request_id)
        found = self._answers[request_id]
        for name in path.split(".")[1:]:
            found = found[name]
        return str(found)

    def _parts(self, params: list[dict[str, Any]]) -> bytes:
        (part,) = params
        assert part["type"] == "file"
        head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{part["name"]}"; filename="{part["fileName"]}"'
        return f"{head}\r\n\r\n".encode() + self._file + f"\r\n--{BOUNDARY}--\r\n".encode()
