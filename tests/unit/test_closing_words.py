"""What a run says last, tried with runs of pytest of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.closing_words import closing_lines

ROOT = Path(__file__).parents[2]
TESTS = """
import pytest

def test_good(): pass
def test_bad(): assert False
@pytest.mark.skip(reason="nginx is not installed")
def test_without(): pass
@pytest.mark.skip(reason="nginx is not installed")
def test_without_either(): pass
@pytest.mark.skip(reason="in `make faults`")
def test_long(): pass
@pytest.fixture
def broken(): raise OSError
def test_with(broken): pass
"""


def last_lines(folder: Path, *options: str) -> list[str]:
    (folder / "test_some.py").write_text(TESTS)
    (folder / "conftest.py").write_text("from tests.closing_words import pytest_unconfigure\n")
    (folder / "pytest.ini").write_text("[pytest]\n")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options]
    env = {**os.environ, "PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)
    return done.stdout.splitlines()


@pytest.mark.parametrize("options", [(), ("-p", "xdist", "-n", "2")], ids=["in one process", "in two"])
def test_failed_names_come_last_and_before_them_what_did_not_run(tmp_path: Path, options: tuple[str, ...]) -> None:
    not_run, *failed = last_lines(tmp_path, *options)[-3:]
    assert not_run == "NOT RUN (2): nginx is not installed: test_some.py"
    assert sorted(failed) == ["FAILED test_some.py::test_bad", "FAILED test_some.py::test_with"]


def test_a_run_with_nothing_missing_says_nothing() -> None:
    assert closing_lines([("test_some.py::test_long", "in `make faults`")], []) == []
