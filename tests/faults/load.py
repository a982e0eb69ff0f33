"""Many clients at once, reading and writing while files are imported; what they got, and what the service used."""

from __future__ import annotations

import collections
import http.client
import itertools
import random
import statistics
import threading
import time
from collections.abc import Callable
from pathlib import Path

from tests.faults.client import ENDED
from tests.faults.files import ANGELS, POLOS, file_of
from tests.faults.service import Service

READS = (
    "/atendimento/total",
    "/atendimento?limit=50",
    "/atendimento?limit=50&angel=Angel%20{angel}",
    "/indicators/sla/polo",
    "/indicators/productivity?start_date=2021-02-03&end_date=2021-10-17",
    "/imports",
)
FIRST_OWN = 50_000_000
PROC = Path("/proc")


class Load:
    """Runs `connections` clients until it is left; every fourth of them writes."""

    def __init__(self, service: Service, connections: int) -> None:
        self.seconds: list[float] = []
        self.statuses: collections.Counter[int] = collections.Counter()
        self.failures: list[object] = []
        self.imports: collections.Counter[str] = collections.Counter()
        self._service = service
        self._over = threading.Event()
        self._client = service.client()
        self._client.token()
        writers = connections // 4
        jobs = [self._writer(number) for number in range(writers)]
        jobs += [self._reader(number) for number in range(connections - writers)]
        self._threads = [threading.Thread(target=self._work, args=[job]) for job in jobs]
        self._threads.append(threading.Thread(target=self._import))

    def __enter__(self) -> Load:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def summary(self) -> str:
        """Say how many requests there were, how fast they were, and how they ended."""
        ends = ", ".join(f"{count} x {status}" for status, count in sorted(self.statuses.items()))
        return (
            f"{len(self.seconds)} requests ({ends}), median {1000 * statistics.median(self.seconds):.0f} ms, "
            f"p99 {1000 * statistics.quantiles(self.seconds, n=100)[-1]:.0f} ms; {self.imports['completed']} imports"
        )

    def _reader(self, number: int) -> Callable[[], tuple[str, str, object]]:
        draw = random.Random(number)
        return lambda: ("GET", draw.choice(READS).format(angel=draw.randrange(ANGELS)), None)

    def _writer(self, number: int) -> Callable[[], tuple[str, str, object]]:
        draw, own = random.Random(number), FIRST_OWN + number
        created = itertools.count()

        def write() -> tuple[str, str, object]:
            visit = f"2021-{draw.randint(1, 12):02}-{draw.randint(1, 28):02}T10:00:00"
            fields = {"angel": f"Angel {draw.randrange(ANGELS)}", "polo": f"SP - {draw.randrange(POLOS)}"}
            if next(created) == 0:
                return "POST", "/atendimento", {"id": own, "id_cliente": 1, "data_limite": visit, **fields}
            return "PATCH", f"/atendimento/{own}", {"data_de_atendimento": visit, **fields}

        return write

    def _work(self, job: Callable[[], tuple[str, str, object]]) -> None:
        connection = self._client.kept()
        try:
            while not self._over.is_set():
                method, path, body = job()
                begun = time.perf_counter()
                status = connection.status(method, path, body)
                self.seconds.append(time.perf_counter() - begun)
                self.statuses[status] += 1
        except (OSError, http.client.HTTPException) as error:
            self.failures.append(error)
        finally:
            connection.close()

    def _import(self) -> None:
        for number in itertools.count():
            if self._over.is_set():
                return
            try:
                self._import_once(file_of(range(1, 20_001), seed=number))
            except Exception as error:
                self.failures.append(error)
                return

    def _import_once(self, file: bytes) -> None:
        import_id = self._client.upload(file).json["id"]
        while not self._over.wait(0.2):
            if (status := self._client.get(f"/imports/{import_id}")["status"]) in ENDED:
                self.imports[status] += 1
                return


class Usage:
    """What the processes of a service use, sampled now and then: resident memory in MB and open files, summed."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self.samples: list[tuple[float, int]] = []

    def sample(self) -> tuple[float, int]:
        """Take a sample of all processes but those of the servers, and return it."""
        pids = [pid for found in self._service.pids().values() for pid in found]
        self.samples.append((sum(map(_resident_mb, pids)), sum(map(_open_files, pids))))
        return self.samples[-1]

    def growth(self) -> tuple[float, float]:
        """Return by which share memory and open files have grown from the second quarter of the time to the last."""
        quarter = len(self.samples) // 4
        early, late = self.samples[quarter : 2 * quarter], self.samples[-quarter:]
        return tuple(  # type: ignore[return-value]
            statistics.median(sample[which] for sample in late) / statistics.median(sample[which] for sample in early)
            - 1
            for which in (0, 1)
        )


def _resident_mb(pid: int) -> float:
    try:
        lines = (PROC / str(pid) / "status").read_text(encoding="utf-8").splitlines()
    except OSError:  # it has ended
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1000


def _open_files(pid: int) -> int:
    try:
        return len(list((PROC / str(pid) / "fd").iterdir()))
    except OSError:
        return 0


def check(load: Load) -> None:
    """Fail where a request failed, or was refused with more than `come back later`."""
    assert load.failures == [], load.failures[:3]
    wrong = {status: count for status, count in load.statuses.items() if status >= 500 or status in (401, 403, 429)}
    assert wrong == {}, load.summary()
    assert set(load.imports) <= {"completed"}, load.imports
