"""Clocks that are wrong, and clocks at the edges of days and years: of worker, beat and web, each by its own."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest

from tests.faults.conftest import in_the_long_form
from tests.faults.files import HEADER
from tests.faults.service import OURS, Service
from tests.faults.world import FILE, World

AN_HOUR = 3600
EDGES = ("2023-12-31T23:59:55", "2024-02-29T23:59:55", "2025-02-28T23:59:55")


@pytest.fixture
def by_clocks(service: Service) -> Iterator[Callable[..., None]]:
    """Start parts of the service by other clocks: `by_clocks(worker="+3600")`."""

    def restart(**clocks: str) -> None:
        for name in OURS:
            service.stop(name)
        for name in OURS:
            service.start(name, **({"CLOCK": clocks[name]} if name in clocks else {}))

    yield restart
    restart()


@in_the_long_form
@pytest.mark.parametrize("offset", [f"+{AN_HOUR}", f"-{AN_HOUR}"])
def test_a_worker_whose_clock_is_an_hour_off_still_sweeps_and_takes_no_fresh_upload_for_old(
    offset: str, service: Service, world: World, by_clocks: Callable[..., None], tried: Callable[[str, int, str], None]
) -> None:
    world.put("filled")
    by_clocks(worker=offset)
    being_written = service.folder / "uploads" / "0123.part"
    being_written.write_text("half of a file")
    import_id = world.client.upload(FILE).json["id"]
    world.wait_for_phase(import_id, "staging")
    service.kill_children("worker")
    row = world.completed(import_id)  # only beat's sweep can have taken it back
    assert row["attempts"] <= 2
    assert world.records() == world.after["filled"][0]
    assert being_written.exists()
    being_written.unlink()
    world.verify()
    tried(f"clock of the worker off by {offset} s", 1, "a killed import was taken back; a fresh upload stayed")


@in_the_long_form
@pytest.mark.parametrize("edge", EDGES)
def test_the_edge_of_a_day_a_leap_day_or_a_year_may_pass_at_any_moment(
    edge: str, service: Service, world: World, by_clocks: Callable[..., None], tried: Callable[[str, int, str], None]
) -> None:
    world.put("filled")
    by_clocks(**dict.fromkeys(OURS, edge))
    client, begun = service.client(), time.monotonic()  # logged in by that clock
    number = 0
    while time.monotonic() < begun + 8:
        number += 1
        file = f"{HEADER}{6_000_000 + number};1;Ana;SP - 1;29/02/2024;29/02/2024 23:59:59\n".encode()
        answer = client.upload(file)
        assert answer.status == 202, answer
        assert world.completed(answer.json["id"])["rows_inserted"] == 1
        # On the last second of its last day it was on time, and belongs to that day.
        day = "start_date=2024-02-29&end_date=2024-02-29"
        (found,) = client.get(f"/indicators/sla/angel?angel=Ana&{day}")["data"]
        assert (found["total"], found["on_time"]) == (number, number)
    world.verify()
    tried(f"clocks passing {edge}", number, "every import completed, every answer right")
