"""Try docs/openapi.json with what readers of such documents use: the linters of Redocly and Spectral, and TypeScript.

openapi-typescript makes types of it, with which .ci/openapi-lint/client.ts must compile strictly. The npm packages are
pinned by .ci/openapi-lint/package-lock.json and installed there. Exit with 1 for what they find. If there is no Node.js
of a version they run on, or they can't be installed, say so and nothing more.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).with_name("openapi-lint")
DOCUMENT = Path(__file__).parents[1] / "docs" / "openapi.json"
OLDEST_NODE = (20, 19)
INSTALL_SECONDS, LINT_SECONDS = 300, 300
# Nothing is asked of anybody, or told to them, while they work.
QUIET = {"REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true", "CI": "true"}
TOOLS = (
    ("redocly", "lint", "--config", "redocly.yaml", str(DOCUMENT)),
    ("spectral", "lint", "--ruleset", "spectral.yaml", "--fail-severity", "hint", str(DOCUMENT)),
    ("openapi-typescript", str(DOCUMENT), "--output", "node_modules/.generated/schema.d.ts"),
    ("tsc", "--project", "."),
)


def main() -> int:
    """Run the tools and return the exit code."""
    if reason := _why_not():
        print(f"docs/openapi.json was not linted: {reason}", file=sys.stderr)
        return 0
    return max([_run(*tool) for tool in TOOLS])


def _why_not() -> str | None:
    """Install what is missing; return why that can't be done, None if all is there."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if not node or not npm:
        return "there is no Node.js (node and npm) on this machine."
    told = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout  # noqa: S603
    version = tuple(map(int, re.findall(r"\d+", told)[:2]))
    if version < OLDEST_NODE:
        return f"Node.js {told.strip()} is too old: {'.'.join(map(str, OLDEST_NODE))} or newer is needed."
    return None if _is_installed() else _install(npm)


def _is_installed() -> bool:
    # npm writes this copy of the lock file last.
    done, lock = FOLDER / "node_modules" / ".package-lock.json", FOLDER / "package-lock.json"
    return done.exists() and done.stat().st_mtime >= lock.stat().st_mtime


def _install(npm: str) -> str | None:
    print("Installing the linters of docs/openapi.json ...")
    command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries", "1"]
    try:
        done = subprocess.run(  # noqa: S603 - npm, with words of ours
            command, cwd=FOLDER, capture_output=True, text=True, timeout=INSTALL_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        return f"its linters were not installed within {INSTALL_SECONDS} s."
    last = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
    return f"its linters can't be installed: {last}" if done.returncode else None


def _run(name: str, *arguments: str) -> int:
    """Run one of them; what it says is shown only if it found something."""
    program = FOLDER / "node_modules" / ".bin" / name
    done = subprocess.run(  # noqa: S603 - as installed from the lock file
        [str(program), *arguments],
        cwd=FOLDER,
        env=os.environ | QUIET,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=LINT_SECONDS,
        check=False,
    )
    if done.returncode:
        print(done.stdout, file=sys.stderr)
    return int(done.returncode != 0)


if __name__ == "__main__":
    sys.exit(main())
