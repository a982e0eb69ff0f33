"""JWTs: made for a session, and read back. Whether the session still lasts is asked in `callers`."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Final, Literal
from uuid import UUID

from flask import current_app
from flask_jwt_extended import create_access_token, create_refresh_token, decode_token
from flask_jwt_extended.exceptions import JWTExtendedException
from jwt.exceptions import ExpiredSignatureError, PyJWTError

from src.errors import NotAuthenticated, TokenExpired
from src.extensions import jwt

Kind = Literal["access", "refresh"]
MAX_TOKEN_LENGTH: Final = 4096
# Reading a token costs 120 microseconds of processor time, one that was seen already 1.5.
REMEMBERED: Final = 4096
INVALID: Final = "The token is not valid here."


@dataclass(frozen=True, slots=True)
class Claims:
    """What a token says: of which kind it is, whose session it is for, its own id, when it ends (since 1970)."""

    kind: str
    user_id: int
    session_id: str
    token_id: str
    ends: float


def access_token(session: Any) -> tuple[str, int]:
    """Return an access token for the session and its life in seconds, at most as long as the session's."""
    seconds = current_app.config["SETTINGS"].access_token_seconds
    left = int((session.expires_at - datetime.now(session.expires_at.tzinfo)).total_seconds())
    seconds = max(1, min(seconds, left))
    claims, headers = {"sid": str(session.id)}, {"kid": _name_of(_keys()[0])}
    life = timedelta(seconds=seconds)
    token = create_access_token(
        str(session.user_id), expires_delta=life, additional_claims=claims, additional_headers=headers
    )
    return token, seconds


def refresh_token(session: Any) -> str:
    """Return the session's good refresh token; it ends with the session."""
    claims = {"sid": str(session.id), "jti": str(session.refresh_id), "exp": session.expires_at}
    headers = {"kid": _name_of(_keys()[0])}
    token: str = create_refresh_token(str(session.user_id), additional_claims=claims, additional_headers=headers)
    return token


def read_token(token: str, kind: Kind) -> Claims:
    """Return what a token of that kind says. Raises NotAuthenticated, or TokenExpired where only its time is over."""
    if len(token) > MAX_TOKEN_LENGTH:
        raise NotAuthenticated(INVALID)
    claims = _verified(token, _keys())
    if claims.kind != kind:
        raise NotAuthenticated(f"Send the {kind} token here, not the {claims.kind} token.")
    if claims.ends <= time.time():
        raise TokenExpired("The token has expired: refresh it or log in again.")
    return claims


@lru_cache(maxsize=REMEMBERED)
def _verified(token: str, keys: tuple[str, ...]) -> Claims:
    """Return what a token signed with one of the keys says; remembered, since it never says anything else."""
    try:
        found = decode_token(token)
        return Claims(
            found["type"], int(found["sub"]), str(UUID(found["sid"])), str(UUID(found["jti"])), float(found["exp"])
        )
    except ExpiredSignatureError as error:
        raise TokenExpired("The token has expired: refresh it or log in again.") from error
    except (PyJWTError, JWTExtendedException, LookupError, ValueError, TypeError, AttributeError) as error:
        raise NotAuthenticated(INVALID) from error


@jwt.decode_key_loader
def _key_of(header: dict[str, Any], _claims: dict[str, Any]) -> str:
    """Return the key that the token's header names; the present one where it names none of ours."""
    keys = _keys()
    return next((key for key in keys if _name_of(key) == header.get("kid")), keys[0])


def _keys() -> tuple[str, ...]:
    """Return the keys that tokens may be signed with, the present one first."""
    settings = current_app.config["SETTINGS"]
    return tuple(key for key in (settings.jwt_secret_key, settings.jwt_secret_key_previous) if key)


@lru_cache(maxsize=8)
def _name_of(key: str) -> str:
    return hashlib.sha256(b"kid " + key.encode()).hexdigest()[:16]
