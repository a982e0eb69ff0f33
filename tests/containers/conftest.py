"""The service in containers under a real engine. Run by `make containers` only: it takes minutes, and root."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.containers.engine import Engine, engine, skip_unless_possible
from tests.containers.service import Service, image_names
from tests.containers.stand_ins import make_stand_ins

if not os.environ.get("CONTAINERS"):
    collect_ignore_glob = ["test_*.py"]


# What pip says when it has no way to the packages.
UNREACHABLE = re.compile(r"Temporary failure in name resolution|Network is unreachable|Connection refused|timed out")


@pytest.fixture(scope="session")
def docker() -> Iterator[Engine]:
    """An engine that has the images which the service is built from and runs beside."""
    skip_unless_possible()
    # Not pytest's folder: the engine's would be kept for the next three runs.
    own_folder = tempfile.TemporaryDirectory(prefix="containers-", ignore_cleanup_errors=True)
    with own_folder as folder, engine(Path(folder)) as started:
        make_stand_ins(started, image_names())
        yield started


@pytest.fixture(scope="session")
def service(docker: Engine) -> Iterator[Service]:
    """The service of docker-compose.yml, built and up."""
    started = Service(docker)
    _build(started)
    started.compose("up", "--detach", "--wait", "--wait-timeout", "300")
    try:
        yield started
    finally:
        started.compose("--profile", "*", "down", "--volumes", "--timeout", "20")


def _build(started: Service) -> None:
    """Build the image; skip where the registry of its Python packages can't be reached."""
    built = started.compose("build", check=False)
    said = built.stdout + built.stderr
    if built.returncode and UNREACHABLE.search(said):
        pytest.skip(f"containers: Python's packages can't be reached: {said[-500:]}")
    assert built.returncode == 0, said[-3000:]
