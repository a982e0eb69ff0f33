"""Any process is killed at any point of an import: the import ends exactly once, as a clean run does."""

from __future__ import annotations

import collections
import signal
from collections.abc import Callable

import pytest

from tests.faults.conftest import POINTS
from tests.faults.service import PARTS, Service
from tests.faults.world import Moment, World, interrupted

# Where each part's first point lies, so that the quick form has a point in each phase.
FIRST = {"worker's child": 0, "worker": 4, "web": 1, "postgres": 4, "broker": 3, "SIGTERM": 4}


def kill(service: Service, part: str) -> None:
    if part == "worker's child":
        service.kill_children("worker")
    elif part == "SIGTERM":
        service.signal("worker", signal.SIGTERM)
        service.forget_ended("worker")
    else:
        service.kill(part)


@pytest.mark.parametrize("part", FIRST)
def test_what_is_killed_in_the_middle_of_an_import_costs_no_row(
    part: str, service: Service, world: World, draw, tried: Callable[[str, int, str], None]
) -> None:
    def mend() -> None:
        for name in PARTS:
            service.start(name)

    hit = collections.Counter(
        interrupted(world, Moment(draw, FIRST[part] + number), lambda: kill(service, part), mend)
        for number in range(POINTS)
    )
    assert "agree" in service.flask("verify")
    what = "worker told to stop (SIGTERM)" if part == "SIGTERM" else f"kill -9 of the {part}"
    where = ", ".join(f"{times} in {phase}" for phase, times in hit.items())
    tried(f"{what} ({where})", POINTS, "as a clean run; no reader saw a part")
