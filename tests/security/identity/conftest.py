"""People, and what they hold to prove who they are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.integration.conftest import clean

__all__ = ["clean"]

BASE = "/api/v1"


@dataclass
class Person:
    """Somebody who may have logged in. Paths are under /api/v1; without `token` the own access token is sent."""

    client: FlaskClient
    id: int
    name: str
    password: str
    access: str = ""
    refresh: str = ""

    def __call__(self, method: str, path: str, json: Any = None, *, token: str | None = None) -> TestResponse:
        headers = {"Authorization": f"Bearer {self.access if token is None else token}"}
        return self.client.open(BASE + path, method=method, json=json, headers=headers)

    def log_in(self, password: str | None = None) -> TestResponse:
        """Log in and keep the tokens."""
        body = {"username": self.name, "password": password or self.password}
        return self._keep(self.client.post(f"{BASE}/auth/login", json=body))

    def refresh_tokens(self, token: str | None = None) -> TestResponse:
        """Exchange the refresh token and keep the new tokens."""
        body = {"refresh_token": self.refresh if token is None else token}
        return self._keep(self.client.post(f"{BASE}/auth/refresh", json=body))

    def is_in(self, token: str | None = None) -> bool:
        """Whether an access token opens anything."""
        response = self("GET", "/imports", token=token)
        assert response.status_code in (200, 401), response.text
        return response.status_code == 200

    def _keep(self, response: TestResponse) -> TestResponse:
        if response.status_code == 200:
            self.access, self.refresh = (response.get_json()[f"{kind}_token"] for kind in ("access", "refresh"))
        return response


@pytest.fixture
def person(app: Flask, make_user: Callable[..., int]) -> Callable[..., Person]:
    """Make a user and log in: `person("ana", "operator")`."""

    def make(name: str, role: str = "viewer", email: str | None = None) -> Person:
        user_id = make_user(name, role, email=email, with_password=True)
        made = Person(app.test_client(), user_id, name, f"{name} {name}")
        assert made.log_in().status_code == 200
        return made

    return make


@pytest.fixture
def boss(person: Callable[..., Person]) -> Person:
    """An admin."""
    return person("boss", "admin")


def refused(response: TestResponse, status: int, slug: str) -> dict[str, Any]:
    """Check that the response is the problem of that status and type, and return it."""
    assert (response.status_code, response.mimetype) == (status, "application/problem+json"), response.text
    found: dict[str, Any] = response.get_json()
    assert found["type"] == f"urn:problem-type:{slug}"
    return found
