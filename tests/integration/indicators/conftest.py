"""Records written by hand, and the questions asked about them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

Ask = Callable[..., dict[str, Any]]
Get = Callable[..., TestResponse]


@pytest.fixture
def get(client: FlaskClient, auth_headers: dict[str, str]) -> Get:
    """Ask for a path under /api/v1, or a whole one: `get("indicators/sla/polo", limit=1, headers={...})`."""

    def ask(path: str, headers: dict[str, str] | None = None, **parameters: Any) -> TestResponse:
        url = path if path.startswith(("/", "http:")) else f"/api/v1/{path}"
        return client.get(url, query_string=parameters or None, headers={**auth_headers, **(headers or {})})

    return ask


@pytest.fixture
def ask(get: Get) -> Ask:
    """Ask for an indicator and return the JSON of its answer."""

    def answer(path: str, **parameters: Any) -> dict[str, Any]:
        response = get(f"indicators/{path}", **parameters)
        assert response.status_code == 200, response.text
        found: dict[str, Any] = response.get_json()
        return found

    return answer
