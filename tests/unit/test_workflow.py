"""The workflow does with the repository what its files offer."""

from __future__ import annotations

import re
from typing import Any

import yaml

from tests.compose import ROOT, compose

FILE = ROOT / ".github" / "workflows" / "ci.yml"
JOBS: dict[str, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8"))["jobs"]
RUNS = {name: "\n".join(step.get("run", "") for step in job["steps"]) for name, job in JOBS.items()}


def test_every_target_of_make_exists() -> None:
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    asked = {target for run in RUNS.values() for target in re.findall(r"\bmake (\w+)", run)}
    assert {"lint", "test"} <= asked <= targets


def test_the_pythons_are_those_that_are_supported() -> None:
    assert JOBS["test"]["strategy"]["matrix"]["python"] == ["3.11", "3.12", "3.13", "3.14"]
    assert "sys.version_info < (3, 11)" in (ROOT / "Makefile").read_text(encoding="utf-8")


def test_the_image_is_the_one_that_compose_starts() -> None:
    build = next(step["with"] for step in JOBS["image"]["steps"] if "build-push" in step.get("uses", ""))
    assert build["tags"] == compose()["services"]["web"]["image"]
    assert build["load"] is True
    ports = [port.split(":")[1] for port in compose()["services"]["nginx"]["ports"]]
    assert set(re.findall(r"localhost:(\d+)", RUNS["image"])) <= set(ports)


def test_every_job_ends_and_says_so() -> None:
    assert all(job["timeout-minutes"] <= 60 for job in JOBS.values())


def test_coverage_is_reported_from_what_the_tests_write() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert "--cov-report=xml" in makefile
    paths = [step["with"]["path"] for step in JOBS["test"]["steps"] if "upload-artifact" in step.get("uses", "")]
    assert paths == ["coverage.xml"]


def test_every_action_is_named_by_its_commit() -> None:
    """A tag can be moved to other code; the comment says which version it was."""
    used = re.findall(r"uses: (.*)", FILE.read_text(encoding="utf-8"))
    assert len(used) >= 5
    assert [line for line in used if not re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", line)] == []
