"""A file that kills its worker every time, as one does that the system's memory is too small for."""

from __future__ import annotations

import threading
from collections.abc import Callable

from tests.faults.conftest import in_the_long_form
from tests.faults.files import file_of
from tests.faults.service import Service
from tests.faults.world import FILE, World


class Killer:
    """Kills the worker's child whenever it runs a certain import."""

    def __init__(self, service: Service, import_id: int) -> None:
        self._service, self._import_id = service, import_id
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        killed = 0
        with self._service.database() as connection:
            while not self._over.wait(0.01):
                query = "select attempts from import where id = %s and status = 'running'"
                row = connection.execute(query, [self._import_id]).fetchone()
                if row and row[0] > killed:
                    killed = row[0]
                    self._service.kill_children("worker")


@in_the_long_form
def test_a_file_that_kills_its_worker_fails_after_three_attempts_and_holds_nobody_up(
    service: Service, world: World, tried: Callable[[str, int, str], None]
) -> None:
    world.put("filled")
    before = world.records()
    service.stop("worker")  # so that all of them wait in a row
    poison = world.client.upload(FILE).json["id"]
    behind = [world.client.upload(file_of(range(n, n + 10), seed=n)).json["id"] for n in (200_000, 200_010)]
    with Killer(service, poison):
        service.start("worker")
        rows = [world.completed(each) for each in behind]
        row = world.ended(poison)
    assert (row["status"], row["attempts"]) == ("failed", 3)
    assert "interrupted 3 times" in row["error"]
    assert {each["attempts"] for each in rows} == {1}
    assert max(each["finished_at"] for each in rows) < row["finished_at"]
    assert world.records()[0] == before[0] + 20
    world.verify()
    tried(
        "a file that kills its worker each time", 1, "failed after 3 attempts; the 2 imports behind it completed first"
    )
