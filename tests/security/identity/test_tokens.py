"""Forged, bent and misplaced tokens."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from flask import Flask
from flask.testing import FlaskClient

from src.config import Settings
from tests.security.identity.conftest import Person, refused

RSA_PUBLIC = b"-----BEGIN PUBLIC KEY-----\nMFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBAL\n-----END PUBLIC KEY-----\n"
OTHER_KEY = "another secret that is 32 bytes long"


@pytest.fixture
def ana(person: Callable[..., Person]) -> Person:
    return person("ana")


def encoded(value: Any) -> str:
    text = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()


def parts(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    header, payload, _ = token.split(".")
    head, body = (json.loads(base64.urlsafe_b64decode(part + "==")) for part in (header, payload))
    return head, body


def signed(header: dict[str, Any], payload: dict[str, Any], key: bytes, digest: str = "sha256") -> str:
    """Sign whatever it is, as no library would."""
    text = f"{encoded(header)}.{encoded(payload)}"
    return f"{text}.{encoded(hmac.new(key, text.encode(), digest).digest())}"


def resigned(ana: Person, settings: Settings, key: str | None = None, **changes: Any) -> str:
    """The own token with other claims, signed with the right key; a claim that is None is left out."""
    header, payload = parts(ana.access)
    payload = {name: value for name, value in {**payload, **changes}.items() if value is not None}
    return jwt.encode(payload, key or settings.jwt_secret_key, algorithm="HS256", headers=header)


def test_a_token_signed_again_as_it_was_gets_in(ana: Person, settings: Settings) -> None:
    assert ana.is_in(resigned(ana, settings))


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "nOnE", ""])
@pytest.mark.parametrize("signature", ["", "x"])
def test_a_token_without_a_signature_is_refused(ana: Person, algorithm: str, signature: str) -> None:
    header, payload = parts(ana.access)
    token = f"{encoded({**header, 'alg': algorithm})}.{encoded(payload)}.{signature}"
    refused(ana("GET", "/imports", token=token), 401, "not-authenticated")


@pytest.mark.parametrize("algorithm", ["HS384", "HS512", "RS256", "ES256", "EdDSA", "PS256"])
def test_another_algorithm_is_refused_even_with_the_right_key(ana: Person, settings: Settings, algorithm: str) -> None:
    header, payload = parts(ana.access)
    digest = {"HS384": "sha384", "HS512": "sha512"}.get(algorithm, "sha256")
    token = signed({**header, "alg": algorithm}, payload, settings.jwt_secret_key.encode(), digest)
    assert not ana.is_in(token)


@pytest.mark.parametrize("key", [RSA_PUBLIC, b"", b"secret", OTHER_KEY.encode()])
def test_a_token_signed_with_what_everybody_knows_is_refused(ana: Person, key: bytes) -> None:
    header, payload = parts(ana.access)
    assert not ana.is_in(signed(header, payload, key))


@pytest.mark.parametrize(
    "header",
    [
        {"kid": "/dev/null"},
        {"kid": "../../../../dev/null"},
        {"kid": "' or '1'='1"},
        {"kid": ["a"]},
        {"kid": {}},
        {"kid": 1},
        {"jwk": {"kty": "oct", "k": "c2VjcmV0"}},
        {"jku": "http://127.0.0.1:1/keys"},
        {"x5u": "http://127.0.0.1:1/keys"},
        {"crit": ["exp"]},
        {"b64": False},
    ],
)
def test_a_header_can_t_choose_a_key_of_its_own(ana: Person, header: dict[str, Any]) -> None:
    own, payload = parts(ana.access)
    assert not ana.is_in(signed({**own, **header}, payload, b"secret"))
    assert not ana.is_in(signed({**own, **header}, payload, b""))


@pytest.mark.parametrize("change", [{"sub": "1"}, {"role": "admin"}, {"exp": 4_000_000_000}, {"type": "refresh"}])
def test_a_changed_payload_is_refused(ana: Person, change: dict[str, Any]) -> None:
    header, payload = parts(ana.access)
    _, _, signature = ana.access.split(".")
    assert not ana.is_in(f"{encoded(header)}.{encoded({**payload, 'sub': '0', **change})}.{signature}")


@pytest.mark.parametrize("place", [5, 60, 200, -30, -5])
def test_every_character_of_a_token_counts(ana: Person, place: int) -> None:
    other = "A" if ana.access[place] != "A" else "B"
    characters = list(ana.access)
    characters[place] = other
    assert not ana.is_in("".join(characters))


@pytest.mark.parametrize(
    "change",
    [
        {"iss": "somebody else"},
        {"iss": None},
        {"aud": "something else"},
        {"aud": None},
        {"aud": []},
        {"sub": None},
        {"sub": 1},
        {"sub": ""},
        {"sid": None},
        {"sid": "1"},
        {"sid": "00000000-0000-0000-0000-000000000000"},
        {"jti": None},
        {"jti": "x"},
        {"exp": None},
        {"exp": "never"},
        {"type": "refresh"},
        {"type": "admin"},
        {"nbf": 4_000_000_000},
        {"iat": 4_000_000_000},
        {"key": OTHER_KEY},
    ],
)
def test_a_token_that_is_not_quite_right_is_refused(ana: Person, settings: Settings, change: dict[str, Any]) -> None:
    refused(ana("GET", "/imports", token=resigned(ana, settings, **change)), 401, "not-authenticated")


def test_another_server_s_clock_may_be_some_seconds_ahead(ana: Person, settings: Settings) -> None:
    ahead = int(time.time()) + 10
    assert ana.is_in(resigned(ana, settings, iat=ahead, nbf=ahead))


def test_neither_user_nor_role_can_be_chosen_in_a_token(ana: Person, settings: Settings) -> None:
    """Only the session says who asks; a token that names another user is of no use, even with the key."""
    assert not ana.is_in(resigned(ana, settings, sub="99"))
    token = resigned(ana, settings, role="admin", username="boss")
    assert ana("GET", "/auth/me", token=token).get_json()["role"] == "viewer"
    refused(ana("GET", "/users", token=token), 403, "not-allowed")


def test_an_expired_token_is_told_so(ana: Person, settings: Settings) -> None:
    refused(ana("GET", "/imports", token=resigned(ana, settings, exp=1_600_000_001)), 401, "token-expired")


def test_a_token_that_was_good_expires_all_the_same(ana: Person, settings: Settings) -> None:
    """What is remembered of a token is its signature, not that it is good."""
    token = resigned(ana, settings, exp=(ends := int(time.time()) + 2))
    assert ana.is_in(token)
    while time.time() < ends:
        time.sleep(0.05)
    refused(ana("GET", "/imports", token=token), 401, "token-expired")


def test_a_refresh_token_opens_nothing_and_an_access_token_refreshes_nothing(ana: Person) -> None:
    assert not ana.is_in(ana.refresh)
    refused(ana.refresh_tokens(ana.access), 401, "not-authenticated")
    assert ana.is_in()


@pytest.mark.parametrize("size", [4097, 6000])
def test_a_huge_token_is_refused_unread(ana: Person, settings: Settings, size: int) -> None:
    refused(ana("GET", "/imports", token=resigned(ana, settings, padding="x" * size)), 401, "not-authenticated")


@pytest.mark.parametrize("where", ["?access_token={}", "?jwt={}", "?token={}"])
def test_a_token_in_the_address_opens_nothing(client: FlaskClient, ana: Person, where: str) -> None:
    assert client.get(f"/api/v1/imports{where.format(ana.access)}").status_code == 401
    client.set_cookie("access_token_cookie", ana.access)
    assert client.get("/api/v1/imports").status_code == 401


@pytest.fixture
def rotated(app_with: Callable[..., Flask], settings: Settings) -> Callable[[], None]:
    """Replace the signing key, and keep the one of before for verifying."""
    before = settings.jwt_secret_key

    def rotate() -> None:
        app = app_with(jwt_secret_key=OTHER_KEY, jwt_secret_key_previous=before)
        app.config["JWT_SECRET_KEY"] = OTHER_KEY

    return rotate


def test_a_new_key_logs_nobody_out_while_the_old_one_is_kept(
    app_with: Callable[..., Flask], app: Flask, settings: Settings, ana: Person, rotated: Callable[[], None]
) -> None:
    old = ana.access
    rotated()
    try:
        assert ana.is_in(old)
        assert ana.refresh_tokens().status_code == 200
        assert parts(ana.access)[0]["kid"] != parts(old)[0]["kid"]
        assert ana.is_in()
        jwt.decode(ana.access, OTHER_KEY, algorithms=["HS256"], audience="indicators")
        app_with(jwt_secret_key_previous=None)
        assert not ana.is_in(old)
        assert ana.is_in()
    finally:
        app.config["JWT_SECRET_KEY"] = settings.jwt_secret_key


def test_a_stored_refresh_id_is_no_token(app: Flask, ana: Person) -> None:
    """Whoever reads the database finds nothing to log in with."""
    claims = parts(ana.refresh)[1]
    for stored in (claims["jti"], claims["sid"], hashlib.sha256(ana.refresh.encode()).hexdigest()):
        refused(ana.refresh_tokens(stored), 401, "not-authenticated")
