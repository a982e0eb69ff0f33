"""`make pins` names every image by its digest, or changes nothing."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.compose import ROOT, compose, dockerfile

# As the registry would say it: another digest for each name.
DOCKER = """#!/bin/sh
[ "$1 $2 $3" = "buildx imagetools inspect" ] || exit 2
echo "$4" >> asked
case $4 in {odd}) {answer} ;; esac
printf 'sha256:%064d\\n' "$(printf %s "$4" | cksum | cut -d' ' -f1)"
"""


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A folder with the files that the script reads."""
    (tmp_path / ".ci").mkdir()
    for name in (".ci/pins.sh", "Dockerfile", "docker-compose.yml"):
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def pins(clone: Path, odd: str = "none", answer: str = ":") -> subprocess.CompletedProcess[str]:
    (clone / "docker").write_text(DOCKER.format(odd=odd, answer=answer))
    (clone / "docker").chmod(0o700)
    env = {"PATH": f"{clone}:{os.environ['PATH']}"}
    return subprocess.run(["sh", ".ci/pins.sh"], cwd=clone, env=env, capture_output=True, text=True, timeout=60)


def test_every_image_of_others_is_named_by_its_digest(clone: Path) -> None:
    done = pins(clone)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = yaml.safe_load((clone / "docker-compose.override.yml").read_text())["services"]
    services = compose()["services"]
    others = {name: each["image"] for name, each in services.items() if not each["image"].startswith("indicators:")}
    assert {name: found[name]["image"].partition("@")[0] for name in others} == others
    base = next(rest.split()[0] for word, rest in dockerfile() if word == "FROM")
    context = found.pop("secrets")["build"]["additional_contexts"][base]
    assert set(found) == set(others)
    assert all(len(each["image"].partition("@sha256:")[2]) == 64 for each in found.values())
    assert context.startswith(f"docker-image://{base}@sha256:")
    assert set((clone / "asked").read_text().split()) == {base, *others.values()}


@pytest.mark.parametrize("odd", ["python*", "redis*", "nginx*"])
@pytest.mark.parametrize("answer", ["exit 1", "exit 0", "echo error; exit 0", "echo sha256:abc; exit 0"])
def test_nothing_is_written_if_the_registry_does_not_tell_one(clone: Path, odd: str, answer: str) -> None:
    (clone / "docker-compose.override.yml").write_text("mine")
    done = pins(clone, odd, answer)
    assert done.returncode != 0
    assert (clone / "docker-compose.override.yml").read_text() == "mine"
    assert not list(clone.glob("*.new"))
