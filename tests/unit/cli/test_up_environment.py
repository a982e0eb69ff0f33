"""What `flask up` tells the processes that it starts."""

from __future__ import annotations

from pathlib import Path

import pytest

from src.cli.up import _environment, _refuse_taken_port
from src.config import load_settings
from src.embedded.errors import EmbeddedError

KEY = "8f1d0c6a5b7e4f2390ab12cd34ef5678"


def told(data_dir: Path, **given: str) -> dict[str, str]:
    settings = load_settings({"DATA_DIR": str(data_dir), **given})
    return _environment(settings, settings.database_url, settings.redis_url, None)


@pytest.fixture(autouse=True)
def nothing_given(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPEN_REGISTRATION", "JWT_SECRET_KEY_PREVIOUS"):
        monkeypatch.delenv(name, raising=False)


def test_the_demo_lets_people_register_unless_it_is_told_not_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert told(tmp_path)["OPEN_REGISTRATION"] == "true"
    monkeypatch.setenv("OPEN_REGISTRATION", "false")
    assert told(tmp_path)["OPEN_REGISTRATION"] == "false"


def test_with_a_database_of_one_s_own_nobody_registers(tmp_path: Path) -> None:
    given = {"DATABASE_URL": "postgresql://db/indicators", "JWT_SECRET_KEY": KEY}
    assert "OPEN_REGISTRATION" not in told(tmp_path, **given)


def test_the_key_of_before_is_passed_on(tmp_path: Path) -> None:
    assert "JWT_SECRET_KEY_PREVIOUS" not in told(tmp_path)
    assert told(tmp_path, JWT_SECRET_KEY=KEY[::-1], JWT_SECRET_KEY_PREVIOUS=KEY)["JWT_SECRET_KEY_PREVIOUS"] == KEY


def test_a_host_that_is_not_ours_is_told_apart_from_a_taken_port(tmp_path: Path) -> None:
    with pytest.raises(EmbeddedError, match=r"Choose another one, e\.g\. HOST=127\.0\.0\.1\."):
        _refuse_taken_port(load_settings({"DATA_DIR": str(tmp_path), "HOST": "192.0.2.1"}))
