"""Migrations over data, and by many at once."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from tests.faults.conftest import in_the_long_form
from tests.faults.service import OURS, Service
from tests.faults.world import World

# The first that has records: what lies below would drop them.
RECORDS = "0002"
AT_ONCE = 8


@in_the_long_form
def test_records_survive_the_way_down_and_up_again_by_many_at_once(
    service: Service, world: World, tried: Callable[[str, int, str], None]
) -> None:
    world.put("filled")
    before, answers = world.records(), world.answers()
    for name in OURS:
        service.stop(name)
    try:
        service.flask("db", "downgrade", RECORDS)
        with ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(lambda _: service.flask("db", "upgrade"), range(AT_ONCE)))
        service.flask("db", "status")
    finally:
        service.mend()
    assert "agree" in service.flask("verify")
    assert (world.records(), world.answers()) == (before, answers)
    tried(
        f"downgrade to {RECORDS} and {AT_ONCE} processes upgrading at once, over data",
        1,
        "the same records and answers",
    )
