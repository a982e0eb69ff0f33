"""The broker is away, is wiped, or loses every connection: what was uploaded is imported all the same, and once."""

from __future__ import annotations

import collections
import itertools
import json
import time
from collections.abc import Callable, Iterator

import pytest

from src.embedded.ports import free_port
from src.services.sweep import SILENT_SECONDS
from tests.faults.conftest import LONG, in_the_long_form
from tests.faults.files import file_of
from tests.faults.proxy import Proxy
from tests.faults.service import DEFAULT, Service
from tests.faults.world import PATIENCE_SECONDS, World

QUEUED = 100 if LONG else 10
AWAY_SECONDS, CUT_SECONDS = 100, 60
small_files = (file_of(range(number, number + 20), seed=number) for number in itertools.count(100_000, 20))


def started(service: Service) -> collections.Counter[int]:
    """Return how often a worker has begun each import."""
    lines = (line for line in service.log("worker").splitlines() if '"import_started"' in line)
    return collections.Counter(json.loads(line)["import_id"] for line in lines)


def test_a_broker_that_is_away_or_wiped_loses_no_import_and_runs_none_twice(
    service: Service, world: World, tried: Callable[[str, int, str], None]
) -> None:
    world.put("empty")
    service.stop("worker")
    ids = []
    for number, file in zip(range(QUEUED), small_files, strict=False):
        if number == QUEUED // 2:
            service.kill("broker")
        answer = world.client.upload(file)
        assert answer.status == 202, answer
        ids.append(answer.json["id"])
    service.start("broker")
    service.broker().flushall()
    if not LONG:  # the time has passed after which a sweep takes a task for lost
        with service.database() as connection:
            connection.execute("update import set sent_at = sent_at - make_interval(secs => %s)", [SILENT_SECONDS])
    service.start("worker")
    back = time.monotonic()
    rows = [world.completed(each, PATIENCE_SECONDS - (time.monotonic() - back)) for each in ids]
    seconds = time.monotonic() - back
    assert {row["attempts"] for row in rows} == {1}
    begun = started(service)
    assert [begun[each] for each in ids] == [1] * QUEUED
    assert world.records()[0] == 20 * QUEUED
    world.verify()
    tried("broker killed, then wiped (FLUSHALL), imports queued", QUEUED, f"all completed once, within {seconds:.0f} s")


@in_the_long_form
def test_once_a_broker_is_back_that_was_away_for_long_a_minute_is_enough(
    service: Service, world: World, tried: Callable[[str, int, str], None]
) -> None:
    """By then the worker and beat look for it only now and then."""
    world.put("empty")
    ids = []
    with service.given(**DEFAULT):
        service.kill("broker")
        over = time.monotonic() + AWAY_SECONDS
        while time.monotonic() < over:
            answer = world.client.upload(next(small_files))
            assert answer.status == 202, answer
            ids.append(answer.json["id"])
            time.sleep(5)
        service.start("broker")
        back = time.monotonic()
        for each in ids:
            world.completed(each, PATIENCE_SECONDS - (time.monotonic() - back))
        seconds = time.monotonic() - back
    assert world.records()[0] == 20 * len(ids)
    world.verify()
    tried(
        f"broker away for {AWAY_SECONDS} s, default settings",
        len(ids),
        f"each upload got 202; all completed within {seconds:.0f} s of its return",
    )


@pytest.fixture
def proxy(service: Service) -> Iterator[Proxy]:
    """A way to the broker that can be cut, and all who use the broker using it."""
    port = service.broker().connection_pool.connection_kwargs["port"]
    with Proxy(free_port(), port) as proxy:
        url = service.environment["REDIS_URL"].replace(f":{port}/", f":{proxy.port}/")
        with service.given(REDIS_URL=url):
            yield proxy


@in_the_long_form
def test_work_resumes_by_itself_after_connections_were_cut_again_and_again(
    proxy: Proxy, world: World, tried: Callable[[str, int, str], None]
) -> None:
    world.put("empty")
    ids, over = [], time.monotonic() + CUT_SECONDS
    while time.monotonic() < over:
        ids.append(world.client.upload(next(small_files)).json["id"])
        time.sleep(2)
        proxy.cut()
    assert proxy.connections > CUT_SECONDS // 2  # they did come through here
    back = time.monotonic()
    for each in ids:
        world.completed(each, 30 - (time.monotonic() - back))
    resumed = time.monotonic() - back
    # What is uploaded now needs no sweep: the worker hears again.
    sent = time.monotonic()
    world.completed(world.client.upload(next(small_files)).json["id"], 15)
    assert world.records()[0] == 20 * (len(ids) + 1)
    world.verify()
    tried(
        f"connection to the broker cut every 2 s for {CUT_SECONDS} s",
        len(ids),
        f"all completed within {resumed:.0f} s of the last cut; the next one took {time.monotonic() - sent:.0f} s",
    )
