"""Asking for records and changing them, as clients do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

BASE = "/api/v1"
# The ids that the server gives to the first records, or the first clientes, of a test.
SERVER_IDS = [9_000_000_000_000_001 + 10 * number for number in range(100)]
RECORD = {
    "id_cliente": 528921976,
    "angel": "Gabriel Pereira Bandoli",
    "polo": "BA - FEIRA DE SANTANA",
    "data_limite": "2021-06-30",
    "data_de_atendimento": "2021-06-29T12:57:19",
}


@dataclass
class Api:
    """A client with a token; paths are under /api/v1 unless they are whole."""

    client: FlaskClient
    token: dict[str, str]

    def __call__(
        self, method: str, path: str, json: Any = None, headers: Any = None, **parameters: Any
    ) -> TestResponse:
        url = path if path.startswith(("/", "http:")) else f"{BASE}/{path}"
        given = {**self.token, **(headers or {})}
        return self.client.open(url, method=method, json=json, headers=given, query_string=parameters or None)

    def get(self, path: str, **parameters: Any) -> Any:
        response = self("GET", path, **parameters)
        assert response.status_code == 200, response.text
        return response.get_json()

    def ids(self, path: str = "atendimento", **parameters: Any) -> list[int]:
        return [found["id"] for found in self.get(path, **parameters)["data"]]

    def create(self, path: str = "atendimento", **fields: Any) -> dict[str, Any]:
        """Make an atendimento of RECORD with these fields, or anything else of these fields alone."""
        response = self("POST", path, {**RECORD, **fields} if path == "atendimento" else fields)
        assert response.status_code == 201, response.text
        found: dict[str, Any] = response.get_json()
        return found


@pytest.fixture
def api(client: FlaskClient, auth_headers: dict[str, str]) -> Api:
    return Api(client, auth_headers)


@pytest.fixture
def api_of_thread(app: Flask, auth_headers: dict[str, str]) -> Callable[[], Api]:
    """Make a client for another thread."""
    return lambda: Api(app.test_client(), auth_headers)


def refused(response: TestResponse, status: int, *fields: str) -> dict[str, Any]:
    """Check that the response is a problem of that status with those fields at fault, and return it."""
    assert response.status_code == status, response.text
    assert response.mimetype == "application/problem+json"
    problem: dict[str, Any] = response.get_json()
    assert sorted(problem["errors"]) == sorted(fields)
    return problem
