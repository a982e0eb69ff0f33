"""Logging in and out, and one's own account."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row

from src.api.blueprints import Blueprint
from src.api.guard import bearer_token, caller, open_to_all, requires
from src.api.rate_limits import limit_login, note_login
from src.api.schemas import auth as schemas
from src.errors import NotAuthenticated
from src.services import auth as service
from src.services.sessions import Login, log_out, refresh

auth = Blueprint("auth", __name__, description="Logging in and out, and one's own account")

_ANA = {"username": "ana.souza", "email": "ana@example.com"}
_PASSWORD = "four words of mine"  # noqa: S105 - an example


@auth.route("/auth/register", methods=["POST"])
@open_to_all
@auth.arguments(schemas.RegistrationSchema, example={**_ANA, "password": _PASSWORD})
@auth.response(201, schemas.UserSchema, example={"id": 2, **_ANA, "role": "viewer"})
@auth.alt_response(403, "FORBIDDEN")
@auth.alt_response(409, "CONFLICT")
@auth.alt_response(429, "TOO_MANY_REQUESTS")
def register(fields: dict[str, Any]) -> Row[Any]:
    """Become a viewer, where registration is open."""
    limit_login()
    return service.register(**fields)


_LOGIN = {
    "access_token": "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxIn0.4Yf9",
    "refresh_token": "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxIn0.Wq3c",
    "token_type": "Bearer",
    "expires_in": 3600,
    "user": {"id": 1, "username": "admin", "email": None, "role": "admin"},
}


@auth.route("/auth/login", methods=["POST"])
@open_to_all
@auth.arguments(schemas.CredentialsSchema, example={"username": "admin", "password": "the admin's password"})
@auth.response(200, schemas.LoginSchema, example=_LOGIN)
@auth.alt_response(401, "UNAUTHORIZED")
@auth.alt_response(429, "TOO_MANY_REQUESTS")
def login(credentials: dict[str, Any]) -> Login:
    """Log in with a username or an e-mail."""
    name = (credentials.get("username") or credentials["email"]).strip()
    limit_login(lambda: service.account_of(name))
    opened = service.log_in(name, credentials["password"])
    note_login(service.account_of_user(opened.user.id))
    return opened


@auth.route("/auth/refresh", methods=["POST"])
@open_to_all
@auth.arguments(schemas.RefreshSchema, required=False, example={"refresh_token": "the refresh token"})
@auth.response(200, schemas.LoginSchema, example=_LOGIN)
@auth.alt_response(401, "UNAUTHORIZED")
@auth.alt_response(429, "TOO_MANY_REQUESTS")
def refresh_tokens(fields: dict[str, Any]) -> Login:
    """Exchange a refresh token, which is valid once, for new tokens."""
    limit_login()
    token = fields.get("refresh_token") or bearer_token()
    if token is None:
        raise NotAuthenticated("Send the refresh token: as `refresh_token` in the body, or as the bearer token.")
    return refresh(token)


@auth.route("/auth/logout", methods=["POST"])
@requires("account")
@auth.response(204, description="Access and refresh token no longer work.")
def logout() -> tuple[str, int]:
    """Log out: end the session of the token."""
    log_out(caller())
    return "", 204


@auth.route("/auth/me")
@requires("account")
@auth.response(200, schemas.UserSchema, example={"id": 2, **_ANA, "role": "viewer"})
def me() -> Row[Any]:
    """Show who is logged in."""
    return service.show_me(caller())


@auth.route("/auth/password", methods=["PUT"])
@requires("account")
@auth.arguments(schemas.PasswordChangeSchema, example={"current_password": "the old one", "new_password": _PASSWORD})
@auth.response(204, description="The password has changed, and all other sessions have ended.")
def change_password(fields: dict[str, Any]) -> tuple[str, int]:
    """Change one's own password; all of one's other sessions end."""
    # Or whoever has found a token could try passwords.
    limit_login(lambda: service.account_of_user(caller().user_id))
    service.change_own_password(caller(), fields["current_password"], fields["new_password"])
    return "", 204
