"""One service for all of these tests, and a table of what was tried at the end.

`FAULT_POINTS` says how often each fault is tried: 1 in `make test`, 20 in `make faults`.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.faults.service import Service
from tests.faults.world import World

SEED = int(os.environ.get("FAULT_SEED", "2021"))
POINTS = int(os.environ.get("FAULT_POINTS", "1"))
LONG = POINTS > 1
HERE = Path(__file__).parent
# What takes leases, restarts or disks of its own.
in_the_long_form = pytest.mark.skipif(not LONG, reason="in `make faults`")
TRIED = pytest.StashKey[dict[str, tuple[int, str]]]()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the tests that share the service on one worker of xdist."""
    for item in items:
        if HERE in item.path.parents:
            if "service" in getattr(item, "fixturenames", ()):
                item.add_marker(pytest.mark.e2e)
                item.add_marker(pytest.mark.xdist_group("faults"))
            if LONG:
                item.add_marker(pytest.mark.timeout(7200))


def pytest_configure(config: pytest.Config) -> None:
    config.stash[TRIED] = {}


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print what was tried as the table of docs/reliability.md."""
    if tried := config.stash[TRIED]:
        terminalreporter.section("faults")
        terminalreporter.write_line("| fault | times | outcome |\n|---|---|---|")
        for fault, (times, outcome) in tried.items():
            terminalreporter.write_line(f"| {fault} | {times} | {outcome} |")


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with Service(tmp_path_factory.mktemp("faults") / "data") as running:
        yield running


@pytest.fixture(scope="session")
def world(service: Service) -> World:
    world = World(service)
    world.learn()
    return world


@pytest.fixture
def draw(request: pytest.FixtureRequest) -> random.Random:
    """Random numbers of the test's own; `FAULT_SEED` gives others."""
    return random.Random(f"{SEED} {request.node.name}")


@pytest.fixture
def tried(request: pytest.FixtureRequest) -> Callable[[str, int, str], None]:
    """Note for the table: a fault, how often it was tried, and what became of it."""

    def note(fault: str, times: int, outcome: str) -> None:
        request.config.stash[TRIED][fault] = (times, outcome)

    return note
