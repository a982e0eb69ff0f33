"""The same message, the same file, overlapping files, and readers and writers: all at once."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from celery import Celery

from tests.faults.conftest import LONG
from tests.faults.files import file_of
from tests.faults.service import Service
from tests.faults.world import FILE, Watchers, World

ROUNDS = 100 if LONG else 3
READS = 1000 if LONG else 25
FILES_AT_ONCE = 3


@pytest.fixture(scope="module", autouse=True)
def _workers_enough(service: Service) -> Iterator[None]:
    """Five imports at a time in the worker."""
    with service.given("worker", WORKER_CONCURRENCY="5"):
        yield


def test_a_message_delivered_five_times_at_once_runs_once(service: Service, world: World, tried) -> None:
    rounds = 20 if LONG else 1
    with Celery(broker=service.environment["REDIS_URL"]) as queue:
        for _ in range(rounds):
            world.put("filled")
            import_id = world.client.upload(FILE).json["id"]
            for _ in range(4):
                queue.send_task("imports.run", [import_id], queue="imports")
            row = world.completed(import_id)
            assert row["attempts"] == 1
            assert world.records() == world.after["filled"][0]
            world.verify()
    tried("the same message delivered 5 times at once", rounds, "run once each")


def test_fifty_uploads_of_one_file_at_once_are_one_import(service: Service, world: World, tried) -> None:
    rounds = 10 if LONG else 1
    for number in range(rounds):
        world.put("filled")
        with ThreadPoolExecutor(50) as pool:
            answers = list(pool.map(lambda _: world.client.upload(FILE, "force=false"), range(50)))
        assert sorted(answer.status for answer in answers) == [200] * 49 + [202], number
        (import_id,) = {answer.json["id"] for answer in answers}
        world.completed(import_id)
        assert world.records() == world.after["filled"][0]
        assert len(list((service.folder / "uploads").iterdir())) == 0
    tried("the same file uploaded 50 times at once", rounds, "one import and 50 answers, each time")


def test_of_overlapping_files_at_once_the_one_that_merged_last_wins(service: Service, world: World, tried) -> None:
    world.put("empty")
    for number in range(ROUNDS):
        files = [
            file_of(range(1000 * n + 1, 1000 * n + 2001), seed=FILES_AT_ONCE * number + n) for n in range(FILES_AT_ONCE)
        ]
        with ThreadPoolExecutor(FILES_AT_ONCE) as pool:
            rows = list(pool.map(world.import_file, files))
        assert [row["attempts"] for row in rows] == [1] * FILES_AT_ONCE  # no deadlock made one start again
        last = max(rows, key=lambda row: row["finished_at"])
        first = 1000 * rows.index(last) + 1
        with service.database() as connection:
            query = "select distinct import_id from atendimento where id between %s and %s"
            assert connection.execute(query, (first, first + 1999)).fetchall() == [(last["id"],)], number
        # All of its rows are there as it wrote them: its file once more changes nothing.
        assert world.import_file(files[rows.index(last)])["rows_unchanged"] == 2000
        world.verify()
    tried(f"{FILES_AT_ONCE} overlapping files at once", ROUNDS, "the one that merged last wins; no deadlock")


def test_readers_and_writers_during_an_import_see_the_state_before_or_after_it(
    service: Service, world: World, tried: Callable[[str, int, str], None]
) -> None:
    reads = writes = rounds = 0
    while reads < READS or writes < READS:
        world.put("filled")
        # Not yet attended, so no answer changes with its deadline.
        pending = {"id": 5_000_000, "id_cliente": 1, "angel": "Angel 1", "polo": "SP - 1", "data_limite": "2021-06-01"}
        changed = _add_and_learn(world, pending)
        over, failed = threading.Event(), []

        def write(over: threading.Event = over, failed: list[object] = failed) -> int:
            count = 0
            while not over.is_set():
                day = f"2021-06-{count % 28 + 1:02}"
                answer = world.client.call("PATCH", "/atendimento/5000000", {"data_limite": day})
                if answer.status != 200:
                    failed.append(answer)
                count += 1
            return count

        with ThreadPoolExecutor(2) as pool, Watchers(changed, "filled", faults=False, readers=3) as watchers:
            writing = [pool.submit(write) for _ in range(2)]
            world.import_file(FILE)
            time.sleep(0.1)
            over.set()
            writes += sum(each.result() for each in writing)
        assert failed == []
        assert all(watchers.seen[path][1] for path in watchers.seen)
        reads, rounds = reads + watchers.count, rounds + 1
        world.verify()
    tried(
        f"{reads} reads and {writes} record writes during imports", rounds, "each answer before or after; none failed"
    )


class _Changed:
    """A world with one record more, in which the answers of both states are one higher."""

    def __init__(self, world: World, before: dict, after: dict) -> None:
        self.service = world.service
        self.before, self.after = {"filled": (None, before)}, {"filled": (None, after)}


def _add_and_learn(world: World, record: dict) -> _Changed:
    total = "/atendimento/total"
    answer = world.client.call("POST", "/atendimento", record)
    assert answer.status == 201, answer
    states = [dict(state["filled"][1]) for state in (world.before, world.after)]
    for state in states:
        state[total] = {"total": state[total]["total"] + 1}
    return _Changed(world, *states)
