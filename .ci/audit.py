"""Ask PyPI's advisories about all that is installed: once a day, and whenever that has changed.

Exit with 1 for a known hole. If the advisories can't be reached, take too long or know none of it, say that nothing was
checked, and ask again the next time.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

MOST_SECONDS = 25
A_DAY = 24 * 3600
INSTALLED = Path(".venv/installed.txt")
# What was installed, and the holes in it, when the advisories answered last.
ASKED = Path(".venv/audited.json")
# All of it is pinned by now: nothing is resolved or installed to look at it.
COMMAND = ("-m", "pip_audit", "--no-deps", "--disable-pip", "--progress-spinner", "off", "--timeout", "5", "-f", "json")
# They come with the machine's Python, and nothing of ours runs them.
NOT_OURS = ("pip", "setuptools", "wheel")


def main() -> int:
    """Tell of the holes and return the exit code."""
    installed = sorted({f"{found.name}=={found.version}" for found in distributions() if found.name not in NOT_OURS})
    holes = _known(installed)
    if holes is None:
        holes = _ask(installed)
        if holes is None:
            print("pip-audit: NOTHING WAS CHECKED for known holes: the advisories of pypi.org did not answer.")
            return 0
        ASKED.write_text(json.dumps({"installed": installed, "holes": holes}))
    for hole in holes:
        print(hole, file=sys.stderr)
    return 1 if holes else 0


def _known(installed: list[str]) -> list[str] | None:
    """Return the holes that were found today in just this, or None where nobody has asked."""
    try:
        asked: dict[str, Any] = json.loads(ASKED.read_text())
        is_fresh = 0 <= time.time() - ASKED.stat().st_mtime < A_DAY
    except (OSError, ValueError):
        return None
    return asked["holes"] if is_fresh and asked["installed"] == installed else None


def _ask(installed: list[str]) -> list[str] | None:
    """Return a line for each known hole, or None if nothing was checked."""
    INSTALLED.write_text("\n".join(installed))
    try:
        done = subprocess.run(  # noqa: S603 - the command is ours
            [sys.executable, *COMMAND, "-r", str(INSTALLED)], capture_output=True, timeout=MOST_SECONDS, check=False
        )
        found = list(json.loads(done.stdout)["dependencies"])
    except (subprocess.TimeoutExpired, ValueError, LookupError, TypeError):
        return None
    # A package that the advisories don't know has a `skip_reason` instead of `vulns`.
    checked = [each for each in found if "vulns" in each]
    if not checked:
        return None
    if skipped := len(installed) - len(checked):
        print(f"pip-audit: {skipped} of {len(installed)} packages were not checked: the advisories don't know them.")
    return [_line(each, hole) for each in checked for hole in each["vulns"]]


def _line(each: dict[str, Any], hole: dict[str, Any]) -> str:
    fixed = ", ".join(hole["fix_versions"]) or "no version yet"
    return f"{each['name']} {each['version']} has a known hole, {hole['id']}; fixed in: {fixed}."


if __name__ == "__main__":
    sys.exit(main())
