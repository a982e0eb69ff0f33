"""docker-compose.yml as Compose reads it: merged, and with its variables filled in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[1]
VARIABLE = re.compile(r"\$\$|\$\{(\w+)(?::-([^}]*))?\}")


def compose(environ: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Return the file with the variables of `environ` (default: none, so each has its default)."""
    return _filled(yaml.safe_load(text()), environ or {})


def text() -> str:
    return (ROOT / "docker-compose.yml").read_text(encoding="utf-8")


def variables() -> dict[str, str]:
    """Return the defaults of the variables that the file takes from `.env`, by name."""
    found: dict[str, str] = {}
    for name, default in re.findall(r"\$\{(\w+)(?::-([^}]*))?\}", text()):
        assert found.setdefault(name, default) == default, f"{name} has two defaults"
    return found


def _filled(value: Any, environ: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _filled(item, environ) for key, item in value.items()}
    if isinstance(value, list):
        return [_filled(item, environ) for item in value]
    if isinstance(value, str):
        return VARIABLE.sub(lambda match: "$" if match[0] == "$$" else environ.get(match[1]) or match[2] or "", value)
    return value


def environment_of(service: Mapping[str, Any]) -> dict[str, str]:
    return {name: str(value) for name, value in service.get("environment", {}).items()}


def dockerfile() -> list[tuple[str, str]]:
    """Return the instructions of the Dockerfile and what they are given, one a line."""
    source = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    joined = re.sub(r"\\\n\s*", " ", re.sub(r"(?m)^#.*\n", "", source))
    return [(word, rest) for word, _, rest in (line.partition(" ") for line in joined.splitlines() if line)]


def image_environment() -> dict[str, str]:
    """Return what ENV sets in the image."""
    given = [rest for word, rest in dockerfile() if word == "ENV"]
    return dict(pair.split("=", 1) for rest in given for pair in rest.split())


def image_sources() -> list[str]:
    """Return what the last stage of the Dockerfile copies of the repository."""
    copied = [rest.split() for word, rest in dockerfile() if word == "COPY"]
    return [names[0] for names in copied if not names[0].startswith("--") and names[0] == names[-1]]
