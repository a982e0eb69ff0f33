"""The API against its own document: Schemathesis sends what it says and what it doesn't, and judges the answers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from src.cli.docs import DOCS
from tests.integration.api.server import ROOT, web_server

CONFIG = Path(__file__).with_name("schemathesis.toml")


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


@pytest.mark.timeout(900)  # half a minute of work, on a machine that has others too
def test_the_api_keeps_what_its_document_says(
    environment: dict[str, str], auth_headers: dict[str, str], tmp_path: Path
) -> None:
    ((name, value),) = auth_headers.items()
    document = strict_document(tmp_path)
    with web_server(environment) as port:
        argv = ["--config-file", CONFIG, "run", document, "--url", f"http://127.0.0.1:{port}", "--no-color"]
        done = subprocess.run(
            [sys.executable, "-m", "schemathesis.cli", *map(str, argv), "--header", f"{name}: {value}"],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 0, done.stdout + done.stderr
