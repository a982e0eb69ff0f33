"""The documents name what there is, and the rooms keep to their rules."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from src.cli import register_commands
from tests.unit.test_env_example import read_by_the_service

ROOT = Path(__file__).parent.parent.parent
SOURCES = sorted((ROOT / "src").rglob("*.py"))
# A room may import those behind it in this order, and its own.
ORDER = [
    "cli",
    "tasks",
    "api",
    "services",
    "repositories",
    "ingest",
    "models",
    "extensions",
    "domain",
    "errors",
    "config",
]
INDEPENDENT = {"domain", "errors", "config"}


def room_of(path: Path) -> str:
    return path.relative_to(ROOT / "src").with_suffix("").parts[0]


def imports_of(path: Path) -> set[str]:
    rooms = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("src."):
            rooms.add((node.module or "").split(".")[1])
    return rooms


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_go_one_way(path):
    room = room_of(path)
    if room in ORDER:
        for imported in imports_of(path) & set(ORDER):
            assert imported == room or ORDER.index(imported) > ORDER.index(room), f"{room} imports {imported}"
    if room in INDEPENDENT:
        assert imports_of(path) <= {room}


def test_only_the_unit_of_work_commits_and_rolls_back():
    offenders = [
        path.relative_to(ROOT)
        for path in SOURCES
        if re.search(r"\.(commit|rollback)\(\)", path.read_text(encoding="utf-8")) and path.name != "unit_of_work.py"
    ]
    assert offenders == []


def test_doors_and_services_hold_no_sql():
    pattern = re.compile(r"""["'](select|insert|update|delete|analyze|lock|copy|set|with)\s""")
    rooms = [path for path in SOURCES if room_of(path) in ("api", "tasks", "cli", "services")]
    assert [path for path in rooms if pattern.search(path.read_text(encoding="utf-8"))] == []


def test_every_statement_is_used_and_short():
    used = "".join(path.read_text(encoding="utf-8") for path in SOURCES)
    for path in (ROOT / "src" / "sql").glob("*.sql"):
        text = path.read_text(encoding="utf-8")
        assert path.stem in used, path.name
        assert text.startswith("-- "), path.name
        assert text.count("\n") < 70, path.name


def test_every_setting_is_in_the_documents():
    names = read_by_the_service()
    document = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    assert len(names) > 15
    assert [name for name in sorted(names) if f"`{name}`" not in document] == []


def test_every_command_is_in_the_documents():
    from flask import Flask

    app = Flask("documents")
    register_commands(app)
    document = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    for name, command in app.cli.commands.items():
        assert f"`{name}" in document, name
        for sub in getattr(command, "commands", {}):
            assert f"`{sub}`" in document or f"{name} {sub}" in document or sub in document, f"{name} {sub}"


def test_every_room_is_in_the_documents():
    document = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    for path in (ROOT / "src").iterdir():
        if path.is_dir() and path.name != "__pycache__":
            assert f"`src/{path.name}/`" in document, path.name


def test_no_path_of_a_machine_is_in_a_document():
    for path in [ROOT / "README.md", *(ROOT / "docs").rglob("*")]:
        if path.is_file():
            assert not re.search(r"/(root|home|Users|work)/", path.read_text(encoding="utf-8")), path
