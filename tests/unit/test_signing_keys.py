"""Which signing keys the service starts with."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

import pytest

from src.config import ConfigurationError, Settings, load_settings

ELSEWHERE = {"DATABASE_URL": "postgresql://db/indicators"}
GOOD = "8f1d0c6a5b7e4f2390ab12cd34ef5678"


def settings(tmp_path: Path, **given: str) -> Settings:
    return load_settings({"PATH": os.environ["PATH"], "DATA_DIR": str(tmp_path), **ELSEWHERE, **given})


def refusal(tmp_path: Path, **given: str) -> str:
    with pytest.raises(ConfigurationError) as refused:
        settings(tmp_path, **given)
    return str(refused.value)


def test_with_a_database_elsewhere_a_key_is_needed(tmp_path: Path) -> None:
    sentence = "give a random text of 32 bytes or more (openssl rand -hex 32)."
    assert refusal(tmp_path) == f"JWT_SECRET_KEY: is required with a DATABASE_URL: {sentence}"
    assert not (tmp_path / "jwt_secret_key").exists()


@pytest.mark.parametrize("key", ["", "secret", GOOD[:31]])
def test_a_short_key_refuses_the_start(tmp_path: Path, key: str) -> None:
    assert "JWT_SECRET_KEY: is " in refusal(tmp_path, JWT_SECRET_KEY=key)


@pytest.mark.parametrize(
    "key",
    [
        "change-me-change-me-change-me-change-me",
        "change_me_to_a_long_random_string_please",
        "CHANGEME" + GOOD,
        "please-replace-me-with-something-random!",
        "your-secret-key-of-at-least-32-characters",
        "super-secret-key-that-nobody-knows-123456",
        "your-super-long-and-random-signing-key-1",
        "a" * 64,
        "0123456789" * 4,
        "correct horse battery staple correct horse battery staple ",
        "abcabdabcabdabcabdabcabdabcabdabcabdabcab",
    ],
)
def test_an_example_s_key_refuses_the_start(tmp_path: Path, key: str) -> None:
    assert "JWT_SECRET_KEY: is easily guessed, or taken from an example" in refusal(tmp_path, JWT_SECRET_KEY=key)
    assert "JWT_SECRET_KEY_PREVIOUS: is easily guessed" in refusal(
        tmp_path, JWT_SECRET_KEY=GOOD, JWT_SECRET_KEY_PREVIOUS=key
    )


def test_random_keys_start(tmp_path: Path) -> None:
    for make in (secrets.token_hex, secrets.token_urlsafe, lambda size: secrets.token_bytes(size).hex()):
        for _ in range(100):
            key = make(32)
            assert settings(tmp_path, JWT_SECRET_KEY=key).jwt_secret_key == key


def test_the_keys_may_come_from_files_and_an_empty_previous_one_is_none(tmp_path: Path) -> None:
    (tmp_path / "new").write_text(f"{GOOD}\n")
    (tmp_path / "old").write_text("\n")
    files = {"JWT_SECRET_KEY_FILE": str(tmp_path / "new"), "JWT_SECRET_KEY_PREVIOUS_FILE": str(tmp_path / "old")}
    assert settings(tmp_path, **files).jwt_secret_key_previous is None
    (tmp_path / "old").write_text(f"{GOOD[::-1]}\n")
    found = settings(tmp_path, **files)
    assert (found.jwt_secret_key, found.jwt_secret_key_previous) == (GOOD, GOOD[::-1])


def test_beside_the_embedded_database_a_key_is_made_once_and_kept_for_its_owner(tmp_path: Path) -> None:
    given = {"PATH": os.environ["PATH"], "DATA_DIR": str(tmp_path)}
    first = load_settings(given).jwt_secret_key
    assert load_settings(given).jwt_secret_key == first
    assert len(first) == 64
    assert (tmp_path / "jwt_secret_key").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("url", ["mysql://u:secret@db/indicators", "db:5432"])
def test_what_is_no_address_of_postgres_refuses_the_start(tmp_path: Path, url: str) -> None:
    sentence = "is not a Postgres address, such as postgresql://user:password@host:5432/database."
    assert refusal(tmp_path, DATABASE_URL=url, JWT_SECRET_KEY=GOOD) == f"DATABASE_URL: {sentence}"


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg", "postgresql+psycopg2"])
def test_an_address_as_sqlalchemy_writes_it_is_one_of_postgres(tmp_path: Path, scheme: str) -> None:
    given = settings(tmp_path, DATABASE_URL=f"{scheme}://u@db/indicators", JWT_SECRET_KEY=GOOD)
    assert given.database_url == "postgresql://u@db/indicators"


def test_a_folder_that_can_not_keep_the_key_refuses_the_start(tmp_path: Path) -> None:
    (file := tmp_path / "file").touch()
    with pytest.raises(ConfigurationError) as refused:
        load_settings({"DATA_DIR": str(file)})
    assert str(refused.value) == f"DATA_DIR: can't be used: {file}: File exists."
