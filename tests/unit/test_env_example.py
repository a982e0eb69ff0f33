"""`.env.example` explains every variable that the service reads."""

from __future__ import annotations

import re
from pathlib import Path

from src.config import NUMBERS, SECRETS
from tests.compose import variables

ROOT = Path(__file__).parents[2]


def read_by_the_service() -> set[str]:
    config = (ROOT / "src" / "config.py").read_text(encoding="utf-8")
    commands = (ROOT / "src" / "cli" / "up.py").read_text(encoding="utf-8")
    return {
        *NUMBERS,
        *SECRETS,
        *re.findall(r"\benv\.\w+\(\s*\"([A-Z_]+)\"", config),
        *re.findall(r"envvar=\"([A-Z_]+)\"", commands),
    }


def test_every_variable_is_there_with_a_comment_before_it() -> None:
    lines = (ROOT / ".env.example").read_text(encoding="utf-8").splitlines()
    places = {match[1]: place for place, line in enumerate(lines) if (match := re.match(r"#?([A-Z_]+)=", line))}
    assert set(places) == read_by_the_service() | set(variables())
    for name, place in places.items():
        assert re.match(r"# \S.*\.$", lines[place - 1]), name


def test_what_it_shows_is_the_default() -> None:
    lines = (ROOT / ".env.example").read_text(encoding="utf-8").splitlines()
    assert {f"#{name}={default}" for name, (default, _, _) in NUMBERS.items()} <= set(lines)
