"""Secrets are private and made once; the lock names its holder."""

from __future__ import annotations

import os
import stat
import threading
from pathlib import Path

import pytest

from src.config import kept_secret
from src.embedded.errors import AlreadyRunning
from src.embedded.files import lock_folder, tail, write_private


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_secret_is_made_once_and_only_its_owner_may_read_it(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    first = kept_secret(file)
    assert len(first) >= 32
    assert kept_secret(file) == first
    assert mode(file) == 0o600
    assert list(tmp_path.iterdir()) == [file]


def test_a_private_file_replaces_an_open_one(tmp_path: Path) -> None:
    file = tmp_path / "servers.json"
    file.write_text("old")
    file.chmod(0o644)
    write_private(file, "new")
    assert file.read_text() == "new"
    assert mode(file) == 0o600


def test_the_second_lock_names_the_process_that_has_the_first(tmp_path: Path) -> None:
    held = lock_folder(tmp_path, tmp_path)
    with pytest.raises(AlreadyRunning, match=rf"process {os.getpid()}\b.*DATA_DIR"):
        lock_folder(tmp_path, tmp_path)
    threading.Timer(0.3, os.close, [held]).start()
    os.close(lock_folder(tmp_path, tmp_path, seconds=60))


def test_the_tail_of_a_log_is_its_last_lines(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    assert tail(log) == ""
    log.write_bytes(b"one\ntwo\n\xffthree\n")
    assert tail(log, lines=2) == "two\n\ufffdthree"
