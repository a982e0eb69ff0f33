"""The API against its own document: Schemathesis sends what it says and what it doesn't, and judges the answers."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from src.cli.docs import DOCS
from tests.integration.api.server import ROOT, web_server
from tests.unmeasured import UNMEASURED

CONFIG = Path(__file__).with_name("schemathesis.toml")
# Nothing that is open to strangers is closed here, and thousands of requests a minute are no attack.
LIMITS = ("READS", "WRITES", "UPLOADS", "LOGINS_BY_ADDRESS", "LOGINS_BY_NAME")
SETTINGS = {"OPEN_REGISTRATION": "true"} | {f"RATE_LIMIT_{name}": "1000000" for name in LIMITS}


def strict_document(folder: Path) -> Path:
    """Write the document without its default answers, which would allow every status."""
    document = json.loads((DOCS / "openapi.json").read_text(encoding="utf-8"))
    for item in document["paths"].values():
        for operation in item.values():
            if isinstance(operation, dict):
                operation["responses"].pop("default", None)
    path = folder / "openapi.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


@pytest.fixture
def tester(make_user: Callable[..., int], headers_of: Callable[[int], dict[str, str]]) -> dict[str, str]:
    """What the hooks and the configuration read of the environment: an admin, and somebody to log out."""
    user_id = make_user("tester", "admin", with_password=True)
    return {
        "TESTER_ID": str(user_id),
        "TESTER_PASSWORD": "tester tester",
        "TESTER_TOKEN": headers_of(user_id)["Authorization"],
        "LEAVER_TOKEN": headers_of(make_user("leaver", "viewer"))["Authorization"],
    }


@pytest.mark.timeout(900)  # half a minute of work, on a machine that has others too
def test_the_api_keeps_what_its_document_says(
    environment: dict[str, str], tester: dict[str, str], tmp_path: Path
) -> None:
    document = strict_document(tmp_path)
    with web_server(environment, **SETTINGS) as port:
        argv = ["--config-file", CONFIG, "run", document, "--url", f"http://127.0.0.1:{port}", "--no-color"]
        done = subprocess.run(
            [sys.executable, "-m", "schemathesis.cli", *map(str, argv)],
            cwd=tmp_path,
            env={**os.environ, **UNMEASURED, **tester, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 0, done.stdout + done.stderr
    # What lets nobody in was not tried. A refresh token is good once, and no document says what it is.
    refused = set(re.findall(r"^ *- ([A-Z]+ /\S+)$", _warning(done.stdout, "Authentication failed"), re.MULTILINE))
    assert refused <= {"POST /api/v1/auth/refresh"}, done.stdout


def _warning(output: str, title: str) -> str:
    """Return the block of a warning, empty where there is none."""
    return output.partition(f"{title}: ")[2].partition("💡")[0]
