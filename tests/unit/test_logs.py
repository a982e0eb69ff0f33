"""What a line of the log looks like, whoever writes it, and what is never in one."""

from __future__ import annotations

import json
import logging
import os
import pty
import sys
import warnings
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import structlog

from src.config import load_settings
from src.logs import HIDDEN, configure_logs, hide, log_warnings_only, secrets_of

PASSWORD = 'a "quoted" p/w'
URL = "postgresql://indicators:a%20%22quoted%22%20p%2Fw@db:5432/indicators"
SIGNING_KEY = "0f4b2c7d9e81a6352c7d9e81a6350f4b"
TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl"
HASH = "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$aGFzaGhhc2g"


@pytest.fixture(autouse=True)
def configured(tmp_path: Path) -> Iterator[None]:
    given = {"DATABASE_URL": URL, "REDIS_URL": "redis://:broker-password@r:6379/0", "JWT_SECRET_KEY": SIGNING_KEY}
    configure_logs(load_settings({"PATH": os.environ["PATH"], "DATA_DIR": str(tmp_path), **given}))
    yield
    structlog.contextvars.clear_contextvars()


def logged(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """The one line that was written."""
    (line,) = capsys.readouterr().err.splitlines()
    found: dict[str, Any] = json.loads(line)
    return found


def test_ours_and_theirs_have_one_shape(capsys: pytest.CaptureFixture[str]) -> None:
    structlog.contextvars.bind_contextvars(request_id="r1")
    structlog.get_logger("ours").warning("it_rains", import_id=7)
    ours = logged(capsys)
    logging.getLogger("theirs").warning("it %s", "rains")
    theirs = logged(capsys)
    assert (ours["event"], ours["level"], ours["request_id"], ours["import_id"]) == ("it_rains", "warning", "r1", 7)
    assert (theirs["event"], theirs["level"], theirs["request_id"]) == ("it rains", "warning", "r1")
    assert theirs["logger"] == "theirs"
    assert set(theirs) - {"logger"} == set(ours) - {"import_id"}


def test_a_line_that_cant_be_written_costs_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    with open("/dev/full", "w", buffering=1) as full:
        monkeypatch.setattr(sys, "stderr", full)
        structlog.get_logger("ours").warning("it_rains")
        logging.getLogger("theirs").warning("it rains")
        with pytest.raises(OSError, match="No space left"):
            full.write("the disk is full indeed\n")
        monkeypatch.undo()
        with suppress(OSError):
            full.close()


def test_an_exception_is_one_line_with_its_trace(capsys: pytest.CaptureFixture[str]) -> None:
    for log in (structlog.get_logger("ours").exception, logging.getLogger("theirs").exception):
        try:
            raise ZeroDivisionError("no number")
        except ZeroDivisionError:
            log("it failed")
        assert "ZeroDivisionError: no number" in logged(capsys)["exception"]


def test_a_warning_of_python_is_a_line_too(capsys: pytest.CaptureFixture[str]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(False)
        configure_logs()
        warnings.warn("two\nlines", UserWarning, stacklevel=1)
    assert "UserWarning: two\nlines" in logged(capsys)["event"]


@pytest.mark.parametrize("value", ["half of a pair \ud83d", 2**70, object(), {1: 2}], ids=type)
def test_what_json_can_t_hold_is_told_all_the_same(value: Any, capsys: pytest.CaptureFixture[str]) -> None:
    structlog.get_logger("ours").info("odd", value=value)
    assert "value" in logged(capsys)


def read_all(terminal: int) -> str:
    """Return what was written to the terminal's other end, which is closed."""
    text = b""
    with os.fdopen(terminal, "rb", buffering=0) as file, suppress(OSError):
        while data := file.read(65536):
            text += data
    return text.decode()


def test_a_terminal_gets_readable_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    master, slave = pty.openpty()
    with os.fdopen(slave, "w", buffering=1) as terminal:
        monkeypatch.setattr(sys, "stderr", terminal)
        configure_logs()
        structlog.get_logger("ours").warning("it_rains", password_in=URL)
        logging.getLogger("theirs").warning("it pours")
    text = read_all(master)
    assert "it_rains" in text
    assert "it pours" in text
    assert not text.startswith("{")
    assert "quoted" not in text


def test_a_command_that_shows_its_progress_logs_warnings_only(capsys: pytest.CaptureFixture[str]) -> None:
    log_warnings_only()
    for log in (structlog.get_logger("ours"), logging.getLogger("theirs")):
        log.info("it goes on")
        log.warning("it rains")
    assert [json.loads(line)["event"] for line in capsys.readouterr().err.splitlines()] == ["it rains"] * 2


@pytest.mark.parametrize("secret", [PASSWORD, "broker-password", SIGNING_KEY, URL, TOKEN, HASH])
def test_no_secret_is_in_a_line(secret: str, capsys: pytest.CaptureFixture[str]) -> None:
    try:
        raise ValueError(f"refused: {secret}!")
    except ValueError:
        structlog.get_logger("ours").exception("failed", detail=f"({secret})")
        logging.getLogger("theirs").exception("%s", secret)
    text = capsys.readouterr().err
    assert secret not in text
    assert json.dumps(secret)[1:-1] not in text
    assert text.count(HIDDEN) >= 4


def test_an_address_without_a_password_stays_readable() -> None:
    line = "Connected to redis://127.0.0.1:6379/0 and postgresql://user@db/x as a@b.c"
    assert hide(line) == line


def test_short_words_are_no_secrets(tmp_path: Path) -> None:
    given = {"PATH": os.environ["PATH"], "DATA_DIR": str(tmp_path), "ADMIN_PASSWORD": "admin"}
    assert "admin" not in secrets_of(load_settings(given))
