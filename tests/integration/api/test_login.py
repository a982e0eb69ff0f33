"""Logging in."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_jwt_extended import decode_token
from sqlalchemy import update

from src.config import NUMBERS
from src.extensions import db
from src.models import User
from src.services.users import ensure_admin

URL = "/api/v1/auth/login"
PASSWORD = "correct horse"


@pytest.fixture(autouse=True)
def ana(app: Flask) -> None:
    with app.app_context():
        ensure_admin("Ana", PASSWORD)
        db.session.execute(update(User).values(email="Ana@example.com"))
        db.session.commit()


@pytest.mark.parametrize(
    "name", [{"username": "Ana"}, {"username": "ana"}, {"email": "ana@EXAMPLE.com"}, {"username": "ana@example.com"}]
)
def test_a_user_logs_in_by_username_or_email_whatever_the_case(client: FlaskClient, name: dict[str, str]) -> None:
    response = client.post(URL, json={**name, "password": PASSWORD})
    assert response.status_code == 200
    answer = response.get_json()
    assert answer["user"] == {"id": 1, "username": "Ana", "email": "Ana@example.com", "role": "admin"}
    assert (answer["token_type"], answer["expires_in"]) == ("Bearer", 3600)


def test_a_login_may_last_as_long_as_can_be_set(app_with: Callable[..., Flask]) -> None:
    app = app_with(**{name: NUMBERS[name.upper()][2] for name in ("access_token_seconds", "session_seconds")})
    answer = app.test_client().post(URL, json={"username": "Ana", "password": PASSWORD})
    assert answer.status_code == 200, answer.text
    headers = {"Authorization": f"Bearer {answer.get_json()['access_token']}"}
    assert app.test_client().get("/api/v1/auth/me", headers=headers).status_code == 200


def test_the_token_says_who_and_for_whom_and_no_role(app: Flask, client: FlaskClient) -> None:
    answer = client.post(URL, json={"username": "Ana", "password": PASSWORD}).get_json()
    with app.app_context():
        claims = decode_token(answer["access_token"])
        refresh = decode_token(answer["refresh_token"])
    assert (claims["sub"], claims["iss"], claims["aud"]) == ("1", "indicators", "indicators")
    assert "role" not in claims
    assert claims["exp"] - claims["iat"] == answer["expires_in"]
    assert (refresh["type"], refresh["sub"]) == ("refresh", "1")


def test_the_access_token_opens_and_the_refresh_token_does_not(client: FlaskClient) -> None:
    answer = client.post(URL, json={"username": "Ana", "password": PASSWORD}).get_json()
    for token, status in ((answer["access_token"], 200), (answer["refresh_token"], 401)):
        response = client.get("/api/v1/imports", headers={"Authorization": f"Bearer {token}"})
        assert response.status_code == status


@pytest.mark.parametrize(
    "credentials",
    [
        {"username": "Ana", "password": "wrong"},
        {"username": "nobody", "password": PASSWORD},
        {"username": "x", "password": ""},
    ],
)
def test_a_wrong_name_and_a_wrong_password_get_the_same_401(client: FlaskClient, credentials: dict[str, str]) -> None:
    response = client.post(URL, json=credentials)
    assert response.status_code == 401
    assert response.mimetype == "application/problem+json"
    assert response.get_json()["detail"] == "The name or the password is wrong."


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"password": "x"}, "username"),
        ({"username": "a", "email": "b", "password": "x"}, "username"),
        ({"username": "a"}, "password"),
        ({"username": "a\0", "password": "x"}, "username"),
        ({"username": 5, "password": "x"}, "username"),
        ({"username": "a", "password": "x", "role": "admin"}, "role"),
    ],
)
def test_wrong_credentials_are_told_by_field(client: FlaskClient, body: dict[str, Any], field: str) -> None:
    response = client.post(URL, data=json.dumps(body), content_type="application/json")
    assert response.status_code == 422
    assert field in response.get_json()["errors"]


@pytest.mark.parametrize(
    "body", [b"", b"{", b"\xff\xfe", b"[]", b'"x"', b"null", b"1e999", b'{"\\ud800": 1}', b"[" * 9999]
)
def test_what_is_no_json_object_is_refused_as_a_problem(client: FlaskClient, body: bytes) -> None:
    response = client.post(URL, data=body, content_type="application/json")
    assert response.status_code in (400, 422)
    assert response.mimetype == "application/problem+json"
