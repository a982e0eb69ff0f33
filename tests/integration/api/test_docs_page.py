"""The documents as they are served."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from openapi_spec_validator import validate
from werkzeug.serving import make_server

from tests.browser import CHROMIUM, Page, browser_page


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


def test_the_tags_begin_with_what_the_service_is_for(client: FlaskClient) -> None:
    names = [tag["name"] for tag in client.get("/openapi.json").get_json()["tags"]]
    assert names[0] == "indicators"
    assert names[-2:] == ["health", "echo"]
    used = {tag for _, tags in operations_and_tags(client) for tag in tags}
    assert used == set(names)


def operations_and_tags(client: FlaskClient) -> list[tuple[str, list[str]]]:
    paths = client.get("/openapi.json").get_json()["paths"]
    found = [each for item in paths.values() for each in item.values() if isinstance(each, dict)]
    return [(each["operationId"], each["tags"]) for each in found]


@pytest.fixture
def served(app: Flask) -> Iterator[str]:
    """The address of the application, for a browser."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


def sign_in(page: Page, name: str, password: str) -> None:
    for field, value in (("username", name), ("password", password)):
        page.wait_for(f"document.querySelector('#sign-in:not([hidden]) [name={field}]') !== null")
        page.run(f"document.querySelector('[name={field}]').value = {json.dumps(value)}")
    page.run("document.querySelector('#sign-in button').click()")


@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
@pytest.mark.timeout(300)
def test_who_signs_in_by_name_and_password_sees_data_also_after_a_reload(
    served: str, client: FlaskClient, auth_headers: dict[str, str], make_user: Callable[..., int], tmp_path: Path
) -> None:
    make_user("ana", "viewer", with_password=True)
    visit = {"id_cliente": 1, "angel": "Gabriel", "polo": "BA - SALVADOR", "data_limite": "2021-06-30"}
    visit["data_de_atendimento"] = "2021-06-29"
    assert client.post("/api/v1/atendimento", json=visit, headers=auth_headers).status_code == 201
    call = "#operations-indicators-sla_of_polos"
    with browser_page(tmp_path / "profile") as page:
        page.open(f"{served}/docs")
        page.wait_for("document.querySelector('.opblock-tag-section') !== null")
        assert page.run("document.querySelector('.opblock-tag-section h3').dataset.tag") == "indicators"
        sign_in(page, "ana", "wrong")
        assert page.wait_for("document.getElementById('said').textContent") == "The name or the password is wrong."
        sign_in(page, "ana", "ana ana")
        assert page.wait_for("document.getElementById('who').textContent") == "ana"
        kept = page.run("JSON.stringify([sessionStorage, localStorage])")
        assert "ana ana" not in kept
        page.run("window.before = true; location.reload()")
        page.wait_for(f"!window.before && document.querySelector('{call} .opblock-summary-control') !== null")
        assert page.wait_for("document.getElementById('who').textContent") == "ana"
        page.run(f"document.querySelector('{call} .opblock-summary-control').click()")
        page.wait_for(f"document.querySelector('{call} .execute') !== null")
        # Nothing is filled in but what hides nothing.
        filled = page.run(f"[...document.querySelectorAll('{call} input')].map((each) => each.value).join('')")
        assert filled == "0"
        page.run(f"document.querySelector('{call} .execute').click()")
        answer = page.wait_for(f"document.querySelector('{call} .live-responses-table .microlight')?.innerText")
        assert json.loads(answer)["data"][0]["polo"] == "BA - SALVADOR"
        page.run("document.getElementById('sign-out').click()")
        page.wait_for("!document.getElementById('sign-in').hidden && sessionStorage.length === 0")
        assert not [line for line in page.logged if "Content Security Policy" in line or "Refused" in line]
