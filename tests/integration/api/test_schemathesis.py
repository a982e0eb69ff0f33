"""The API against its own document: Schemathesis sends what it says and what it doesn't, and judges the answers."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from src.cli.docs import DOCS
from tests.integration.api.server import web_server

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


def test_the_api_keeps_what_its_document_says(
    environment: dict[str, str], auth_headers: dict[str, str], tmp_path: Path
) -> None:
    ((name, value),) = auth_headers.items()
    with web_server(environment) as port:
        argv = [
            "--config-file",
            str(CONFIG),
            "run",
            str(strict_document(tmp_path)),
            "--url",
            f"http://127.0.0.1:{port}",
        ]
        command = [sys.executable, "-m", "schemathesis.cli", *argv, "--header", f"{name}: {value}", "--no-color"]
        done = subprocess.run(command, cwd=CONFIG.parent, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
