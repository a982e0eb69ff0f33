"""The documents as they are served."""

from __future__ import annotations

import re

from flask.testing import FlaskClient
from openapi_spec_validator import validate


def test_the_document_is_served_as_openapi_3_1(client: FlaskClient) -> None:
    document = client.get("/openapi.json").get_json()
    assert document["openapi"].startswith("3.1")
    validate(document)


def test_swagger_ui_is_served_from_here_and_asks_nobody_else(client: FlaskClient) -> None:
    page = client.get("/docs")
    assert page.status_code == 200
    assert page.mimetype == "text/html"
    start = client.get("/docs/start.js").text
    assert "validatorUrl: null" in start
    assert 'url: "/openapi.json"' in start
    links = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert len(links) > 4
    for link in links:
        assert link.startswith("/docs/")
        assert client.get(link).status_code == 200
    assert "http:" not in page.text.replace("http://localhost", "")
    assert "https:" not in page.text


def test_a_file_that_swagger_ui_does_not_have_is_a_404_problem(client: FlaskClient) -> None:
    for path in ("/docs/nothing.js", "/docs/../app.py", "/docs/%2e%2e/flask_swagger_ui.py"):
        response = client.get(path)
        assert (response.status_code, response.mimetype) == (404, "application/problem+json")
