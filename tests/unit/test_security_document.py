"""docs/security.md names a test for each threat, and each of them is there."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCUMENT = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
TESTS = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py"))


def test_every_test_that_the_document_names_is_there() -> None:
    named = re.findall(r"`(test_\w+)`", DOCUMENT)
    assert len(named) > 50
    assert [name for name in named if not re.search(rf"^def {name}\(", TESTS, re.MULTILINE)] == []


def test_every_threat_has_a_test() -> None:
    rows = [line.strip("|").split("|") for line in DOCUMENT.splitlines() if line.startswith("|")][2:]
    assert all(len(row) == 3 for row in rows)
    assert [threat.strip() for threat, _, tests in rows if "`test_" not in tests] == []


def test_nothing_is_silenced_in_the_service_without_a_reason() -> None:
    """A rule of ruff's that is switched off for a line says why, on it or in the line above."""
    for path in (ROOT / "src").rglob("*.py"):
        lines = path.read_text(encoding="utf-8").splitlines()
        for above, line in zip(["", *lines], lines, strict=False):
            if found := re.search(r"# noqa: S\d+(.*)", line):
                assert len(found[1]) > 5 or above.strip().startswith("#"), f"{path.name}: {line.strip()}"
