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


def audited(folder: Path, proxy: str, environment: dict[str, str] | None = None) -> tuple[int, str, str]:
    (folder / ".venv").mkdir(exist_ok=True)
    proxies = dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), proxy)
    proxies |= {"no_proxy": "", "NO_PROXY": ""}
    env = os.environ | proxies | (environment or {})
    done = subprocess.run([sys.executable, SCRIPT], cwd=folder, env=env, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


NOTHING = "pip-audit: NOTHING WAS CHECKED for known holes: the advisories of pypi.org did not answer.\n"


def test_without_a_network_it_says_each_time_that_nothing_was_checked_and_remembers_nothing(
    tmp_path: Path, nowhere: str
) -> None:
    for _ in range(2):
        assert audited(tmp_path, nowhere) == (0, NOTHING, "")
        assert not (tmp_path / ".venv" / "audited.json").exists()


def answering(folder: Path, answer: str) -> dict[str, str]:
    """Have a program of the test answer in pip-audit's place, and count how often it is asked."""
    (folder / "pip_audit.py").write_text(
        f"from pathlib import Path\nprint({answer!r})\nfile = Path('asked')\n"
        "file.write_text(file.read_text() + 'x' if file.exists() else 'x')\n"
    )
    return {"PYTHONPATH": str(folder)}


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "no JSON",
        "[]",
        "null",
        "{}",
        '{"dependencies": null}',
        '{"dependencies": []}',
        '{"dependencies": [{"name": "flask", "skip_reason": "not found"}]}',
    ],
)
def test_an_answer_that_checks_nothing_is_said_to_check_nothing(tmp_path: Path, nowhere: str, answer: str) -> None:
    environment = answering(tmp_path, answer)
    for _ in range(2):
        assert audited(tmp_path, nowhere, environment) == (0, NOTHING, "")
    assert (tmp_path / "asked").read_text() == "xx"


def test_what_was_not_checked_beside_others_is_said(tmp_path: Path, nowhere: str) -> None:
    answer = '{"dependencies": [{"name": "flask", "version": "3", "vulns": []}, {"name": "x", "skip_reason": "?"}]}'
    code, said, _ = audited(tmp_path, nowhere, answering(tmp_path, answer))
    assert code == 0
    assert "packages were not checked" in said


def test_a_hole_is_told_until_something_else_is_installed_and_nobody_is_asked_again(
    tmp_path: Path, nowhere: str
) -> None:
    hole = '{"id": "CVE-1", "fix_versions": ["4"]}'
    answer = f'{{"dependencies": [{{"name": "flask", "version": "3", "vulns": [{hole}]}}]}}'
    environment = answering(tmp_path, answer)
    told = "flask 3 has a known hole, CVE-1; fixed in: 4.\n"
    for _ in range(2):
        code, _, wrong = audited(tmp_path, nowhere, environment)
        assert (code, wrong) == (1, told)
    assert (tmp_path / "asked").read_text() == "x"
    remembered = tmp_path / ".venv" / "audited.json"
    found = json.loads(remembered.read_text())
    remembered.write_text(json.dumps(found | {"installed": found["installed"][1:]}))
    assert audited(tmp_path, nowhere, environment)[0] == 1
    assert (tmp_path / "asked").read_text() == "xx"
