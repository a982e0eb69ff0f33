"""An undo that is broken off at any point: all of it, or nothing."""

from __future__ import annotations

import collections
import contextlib
import http.client
import threading
import time
from collections.abc import Callable

from tests.faults.conftest import POINTS
from tests.faults.service import Service
from tests.faults.world import FILE, Watchers, World


def test_an_undo_that_is_killed_in_the_middle_is_done_or_not_begun(
    service: Service, world: World, draw, tried: Callable[[str, int, str], None]
) -> None:
    ends: collections.Counter[str] = collections.Counter()
    for number in range(POINTS):
        world.put("filled")
        import_id = world.import_file(FILE)["id"]
        begun = time.monotonic()
        with Watchers(world, "filled"):
            asking = threading.Thread(target=_ask, args=(world, import_id))
            asking.start()
            # As long as the merge has taken: it does about as much.
            time.sleep(draw.random() * world.clean["filled"]["timings"]["merge"])
            service.kill(("postgres", "web")[number % 2])
            service.mend()
            asking.join()
        assert time.monotonic() - begun < 60
        status = world.row(import_id)["status"]
        states = {"undone": world.before, "completed": world.after}[status]
        assert world.records() == states["filled"][0]
        world.verify()
        assert _ask(world, import_id) == (409 if status == "undone" else 200)
        assert world.records() == world.before["filled"][0]
        ends[status] += 1
    where = ", ".join(f"{times} {end}" for end, times in ends.items())
    tried("kill -9 of postgres or web in an undo", POINTS, f"{where}; all of it or nothing, and it can be asked again")


def _ask(world: World, import_id: int) -> int | None:
    with contextlib.suppress(OSError, http.client.HTTPException):
        return world.client.call("POST", f"/imports/{import_id}/undo").status
    return None
