"""A cancel at any point: the state before, or, where it came too late, the state after and a refusal."""

from __future__ import annotations

import collections
from collections.abc import Callable

from tests.faults.conftest import LONG
from tests.faults.world import FILE, Moment, Watchers, World

POINTS = 50 if LONG else 3


def test_a_cancel_leaves_the_state_before_or_comes_too_late(
    world: World, draw, tried: Callable[[str, int, str], None]
) -> None:
    ends: collections.Counter[str] = collections.Counter()
    for number in range(POINTS):
        moment = Moment(draw, number)
        world.put(moment.start)
        with Watchers(world, moment.start, faults=False):
            import_id = world.client.upload(FILE).json["id"]
            moment.wait(world, import_id)
            answer = world.client.call("POST", f"/imports/{import_id}/cancel")
            row = world.ended(import_id)
        expected = {"cancelled": world.before, "completed": world.after}[row["status"]]
        assert world.records() == expected[moment.start][0]
        assert answer.status in ((202,) if row["status"] == "cancelled" else (202, 409)), answer
        world.verify()
        ends[row["status"]] += 1
    where = ", ".join(f"{times} {end}" for end, times in ends.items())
    tried("cancel", POINTS, f"{where}; the state before, or that after")
