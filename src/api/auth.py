"""Logging in."""

from __future__ import annotations

from typing import Any

from src.api.blueprints import Blueprint
from src.api.guard import open_to_all
from src.api.schemas.auth import CredentialsSchema, LoginSchema
from src.services.auth import Login, log_in

auth = Blueprint("auth", __name__, description="Tokens")

_LOGIN = {
    "access_token": "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxIn0.4Yf9",
    "refresh_token": "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxIn0.Wq3c",
    "token_type": "Bearer",
    "expires_in": 28800,
    "user": {"id": 1, "username": "admin", "email": None, "role": "admin"},
}


@auth.route("/auth/login", methods=["POST"])
@open_to_all
@auth.arguments(CredentialsSchema, example={"username": "admin", "password": "the admin's password"})
@auth.response(200, LoginSchema, example=_LOGIN)
@auth.alt_response(401, "UNAUTHORIZED")
def login(credentials: dict[str, Any]) -> Login:
    """Log in with a username or an e-mail."""
    return log_in(credentials.get("username") or credentials["email"], credentials["password"])
