"""What `make lint` makes of the advisories."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.compose import ROOT

SCRIPT = ROOT / ".ci" / "audit.py"


@pytest.fixture
def nowhere() -> Iterator[str]:
    """Give the address of a proxy that nobody is at, for as long as the test lasts."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{taken.getsockname()[1]}"


def audited(folder: Path, proxy: str) -> tuple[int, str, str]:
    (folder / ".venv").mkdir(exist_ok=True)
    proxies = dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), proxy)
    proxies |= {"no_proxy": "", "NO_PROXY": ""}
    done = subprocess.run(
        [sys.executable, SCRIPT], cwd=folder, env=os.environ | proxies, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout, done.stderr


def test_without_a_network_it_says_so_once_a_day_and_fails_nothing(tmp_path: Path, nowhere: str) -> None:
    code, said, wrong = audited(tmp_path, nowhere)
    assert (code, wrong) == (0, "")
    assert said == "pip-audit: skipped, the advisories of pypi.org can not be reached.\n"
    assert audited(tmp_path, nowhere) == (0, "", "")


def test_a_hole_is_told_until_something_else_is_installed_and_nobody_is_asked_again(
    tmp_path: Path, nowhere: str
) -> None:
    audited(tmp_path, nowhere)
    asked = tmp_path / ".venv" / "audited.json"
    found = json.loads(asked.read_text())
    asked.write_text(json.dumps(found | {"holes": ["Flask 3.1.3 has a hole."]}))
    assert audited(tmp_path, nowhere) == (1, "", "Flask 3.1.3 has a hole.\n")
    asked.write_text(json.dumps(found | {"installed": found["installed"][1:], "holes": ["Flask 3.1.3 has a hole."]}))
    assert audited(tmp_path, nowhere)[0] == 0
