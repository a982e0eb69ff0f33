"""Any process is killed at any point of an import: the import ends exactly once, as a clean run does."""

from __future__ import annotations

import collections
import signal
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from tests.faults.conftest import LONG, POINTS, in_the_long_form
from tests.faults.service import DEFAULT, Service
from tests.faults.world import PATIENCE_SECONDS, Moment, World, interrupted

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


@pytest.mark.parametrize("part", FIRST if LONG else [part for part in FIRST if part != "SIGTERM"])
def test_what_is_killed_in_the_middle_of_an_import_costs_no_row(
    part: str, service: Service, world: World, draw, tried: Callable[[str, int, str], None]
) -> None:
    hit = collections.Counter(
        interrupted(world, Moment(draw, FIRST[part] + number), lambda: kill(service, part), service.mend)
        for number in range(POINTS)
    )
    assert "agree" in service.flask("verify")
    what = "worker told to stop (SIGTERM)" if part == "SIGTERM" else f"kill -9 of the {part}"
    where = ", ".join(f"{times} in {phase}" for phase, times in hit.items())
    tried(f"{what} ({where})", POINTS, "as a clean run; no reader saw a part")


@in_the_long_form
@pytest.mark.parametrize("part", [part for part in FIRST if part != "SIGTERM"])
def test_with_leases_and_sweeps_as_they_are_by_default_it_takes_a_minute_at_most(
    part: str, service: Service, world: World, draw, tried: Callable[[str, int, str], None]
) -> None:
    back: list[datetime] = []

    def mend() -> None:
        service.mend()
        back.append(datetime.now(UTC))

    with service.given(**DEFAULT):
        phase = interrupted(world, Moment(draw, 4), lambda: kill(service, part), mend)
    with service.database() as connection:
        (finished,) = connection.execute("select max(finished_at) from import").fetchone()
    seconds = max(0, (finished - back[0]).total_seconds())
    assert seconds < PATIENCE_SECONDS
    tried(f"kill -9 of the {part} in {phase}, default settings", 1, f"ended {seconds:.0f} s after all was back")
