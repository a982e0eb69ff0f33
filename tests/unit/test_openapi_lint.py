"""What `make lint` does to the document: pinned linters, or a word where they can't run."""

from __future__ import annotations

import json
import os
import re
import stat
import subprocess
import sys
from pathlib import Path

from tests.compose import ROOT

FOLDER = ROOT / ".ci" / "openapi-lint"
SCRIPT = ROOT / ".ci" / "openapi_lint.py"


def told(path: str) -> str:
    """Run the script with this PATH, and return what it says."""
    env = {**os.environ, "PATH": path}
    done = subprocess.run([sys.executable, SCRIPT], env=env, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")
    return done.stderr


def test_the_linters_are_pinned_with_all_that_they_need() -> None:
    wanted = json.loads((FOLDER / "package.json").read_text(encoding="utf-8"))["dependencies"]
    packages = json.loads((FOLDER / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    assert {"@redocly/cli", "@stoplight/spectral-cli", "openapi-typescript", "typescript"} <= set(wanted)
    assert packages.pop("")["dependencies"] == wanted
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in wanted.values())
    for name, found in packages.items():
        assert found.get("integrity", "").startswith("sha512-") or found.get("inBundle"), name


def test_make_lint_runs_them() -> None:
    lint = re.search(r"^lint:.*\n((?:\t.*\n)+)", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert lint
    assert ".ci/openapi_lint.py" in lint[1]


def test_without_node_it_says_that_nothing_was_linted(tmp_path: Path) -> None:
    assert "was not linted: there is no Node.js" in told(str(tmp_path))


def test_with_a_node_that_is_too_old_it_says_so(tmp_path: Path) -> None:
    for name in ("node", "npm"):
        program = tmp_path / name
        program.write_text("#!/bin/sh\necho v18.20.4\n")
        program.chmod(stat.S_IRWXU)
    assert "was not linted: Node.js v18.20.4 is too old: 20.19 or newer is needed." in told(str(tmp_path))
