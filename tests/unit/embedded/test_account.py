"""Whom root lets run Postgres, and with what."""

from __future__ import annotations

import os
import pwd
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from src.embedded.account import _probe, prepare_folder, readable_copy, usable
from src.embedded.postgres import programs_folder
from src.embedded.processes import Account


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that everyone may pass, unlike those that pytest makes."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o711)
        yield Path(name)


root_only = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")


@pytest.mark.skipif(os.geteuid() == 0, reason="needs an ordinary user")
def test_an_ordinary_user_runs_it_as_it_is(tmp_path: Path) -> None:
    folder = tmp_path / "postgres"
    account = prepare_folder(folder)
    assert account == Account()
    assert usable(account, folder, programs_folder(), tmp_path / "spare") == (account, programs_folder())


@root_only
def test_root_gives_the_folder_to_someone_else(tmp_path: Path) -> None:
    folder = tmp_path / "postgres"
    account = prepare_folder(folder)
    assert account.uid not in (None, 0)
    assert folder.stat().st_uid == account.uid


@root_only
def test_root_leaves_a_folder_with_the_user_that_it_belongs_to(tmp_path: Path) -> None:
    nobody = pwd.getpwnam("nobody")
    folder = tmp_path / "postgres"
    folder.mkdir()
    os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    assert prepare_folder(folder) == Account(nobody.pw_uid, nobody.pw_gid)


@root_only
def test_root_lends_a_capability_only_where_a_folder_is_closed(open_folder: Path) -> None:
    programs = readable_copy(programs_folder(), open_folder / "programs")
    open_to_it, closed = open_folder / "postgres", open_folder / "closed" / "postgres"
    account = prepare_folder(open_to_it)
    assert usable(account, open_to_it, programs, open_folder / "spare") == (account, programs)
    prepare_folder(closed)
    closed.parent.chmod(0o700)
    lent, where = usable(account, closed, programs, open_folder / "spare")
    assert lent.capability is not None
    assert where == programs
    assert not (open_folder / "spare").exists()


@root_only
def test_a_copy_of_the_programs_runs_where_the_originals_can_t(open_folder: Path) -> None:
    nobody = pwd.getpwnam("nobody")
    account = Account(nobody.pw_uid, nobody.pw_gid)
    closed = open_folder / "closed"
    original = readable_copy(programs_folder(), closed)
    closed.chmod(0o700)
    assert _probe(account, Path("/"), original)[0] != 0
    assert _probe(account, Path("/"), readable_copy(original, open_folder / "spare"))[0] == 0
