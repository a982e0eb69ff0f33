"""What the environment may say, and what is said where it is wrong."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from src.config import NUMBERS, ConfigurationError, Settings, load_settings


def settings(tmp_path: Path, **given: str) -> Settings:
    return load_settings({"PATH": os.environ["PATH"], "DATA_DIR": str(tmp_path), **given})


def refusal(tmp_path: Path, **given: str) -> str:
    with pytest.raises(ConfigurationError) as refused:
        settings(tmp_path, **given)
    return str(refused.value)


def test_all_that_is_wrong_is_told_at_once(tmp_path: Path) -> None:
    wrong = {"PORT": "many", "TIMEZONE": "Salvador", "CORS_ORIGINS": "*", "OPEN_REGISTRATION": "perhaps"}
    wrong |= {"REDIS_URL": "localhost", "DATABASE_URL": "postgresql://somewhere"}
    told = refusal(tmp_path, **wrong)
    named = re.findall(r"(?:^|; )([A-Z_]+): ", told)
    assert named == sorted({*wrong, "JWT_SECRET_KEY"} - {"DATABASE_URL"}), told


@pytest.mark.parametrize("name", NUMBERS)
def test_a_number_has_bounds_and_those_are_taken(tmp_path: Path, name: str) -> None:
    _, least, most = NUMBERS[name]
    assert getattr(settings(tmp_path, **{name: str(least)}), name.lower()) == least
    assert refusal(tmp_path, **{name: str(least - 1)}).startswith(f"{name}: ")
    if most:
        assert getattr(settings(tmp_path, **{name: str(most)}), name.lower()) == most
        assert refusal(tmp_path, **{name: str(most + 1)}).startswith(f"{name}: ")


def test_a_secret_may_come_from_a_file_and_one_of_its_own_goes_before_that(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("of the file\n")
    assert settings(tmp_path, ADMIN_PASSWORD_FILE=str(file)).admin_password == "of the file"
    assert settings(tmp_path, ADMIN_PASSWORD_FILE=str(file), ADMIN_PASSWORD="own").admin_password == "own"
    file.write_text("\n")
    assert settings(tmp_path, ADMIN_PASSWORD_FILE=str(file)).admin_password is None


def test_a_secret_s_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    told = refusal(tmp_path, ADMIN_PASSWORD_FILE=str(tmp_path / "nowhere"))
    assert told == "ADMIN_PASSWORD_FILE: can't be read: No such file or directory."


def test_a_secret_s_file_of_bytes_that_are_no_text_is_named(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_bytes(bytes(range(256)))
    told = refusal(tmp_path, JWT_SECRET_KEY_FILE=str(file))
    assert told == "JWT_SECRET_KEY_FILE: is no text in UTF-8: write what is random in hexadecimal digits."


@pytest.mark.parametrize("url", ["https://indicators.example.com", "http://[::1]:7012", "https://example.com/kpi"])
def test_the_public_address_has_no_slash_at_its_end(tmp_path: Path, url: str) -> None:
    assert settings(tmp_path, PUBLIC_URL=url).public_url == settings(tmp_path, PUBLIC_URL=f"{url}/").public_url == url


@pytest.mark.parametrize("url", ["indicators.example.com", "ftp://example.com", "https://a b", "https://x/?a=1", "/"])
def test_what_is_no_public_address_is_told(tmp_path: Path, url: str) -> None:
    assert refusal(tmp_path, PUBLIC_URL=url).startswith("PUBLIC_URL: is no address")


def test_there_is_no_public_address_unless_given(tmp_path: Path) -> None:
    assert settings(tmp_path).public_url is settings(tmp_path, PUBLIC_URL="").public_url is None


def test_uploads_are_beside_the_rest_unless_told(tmp_path: Path) -> None:
    assert settings(tmp_path).upload_dir == tmp_path / "uploads"
    assert settings(tmp_path, UPLOAD_DIR="/uploads").upload_dir == Path("/uploads")
