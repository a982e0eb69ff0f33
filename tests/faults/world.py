"""Two states of the records, the file that leads from one to the other, and who watches that no third one shows."""

from __future__ import annotations

import http.client
import random
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any

import psycopg
from psycopg.rows import dict_row

from src.repositories.staging import MERGE_GATE
from src.repositories.verify import fetch_differences
from tests.e2e.running import wait_for
from tests.faults.client import ENDED, Json
from tests.faults.files import file_of
from tests.faults.service import Service

ROWS = 30_000
# Half of its records are stored by then with other values, half are new.
STORED, FILE = file_of(range(1, ROWS + 1), seed=1), file_of(range(ROWS // 2, ROWS * 3 // 2), seed=2)
STARTS = ("empty", "filled")
PHASES = ("staging", "merge", "after")
TABLES = ("polo", "angel", "cliente", "atendimento")
# What the issue allows, once everything is back.
PATIENCE_SECONDS = 60
# Between two rounds of a reader: while a lease runs out, others need the processors too.
PAUSE_SECONDS = 0.02
WATCHED = ("/atendimento/total", "/indicators/sla/polo?limit=1000", "/indicators/productivity?limit=1000")
RECORDS = """
    select count(*), md5(string_agg(record::text, '|' order by record.id)), (select count(*) from cliente),
        (select md5(string_agg(nome, '|' order by nome)) from angel),
        (select md5(string_agg(nome, '|' order by nome)) from polo)
    from (
        select atendimento.id, id_cliente, angel.nome, polo.nome, data_limite, data_de_atendimento, status, deleted_at
        from atendimento join angel on angel.id = angel_id join polo on polo.id = polo_id
    ) as record
"""
GATE_IS_HELD = """
    select exists (
        select from pg_locks
        where locktype = 'advisory' and classid = %s and objid = %s and mode = 'ExclusiveLock' and granted
    )
"""


class World:
    """The records behind a service: put into a state, imported into, compared."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.client = service.client()
        # What a clean run leaves: records and answers before and after, and the import's own row.
        self.before: dict[str, tuple[Any, dict[str, Any]]] = {}
        self.after: dict[str, tuple[Any, dict[str, Any]]] = {}
        self.clean: dict[str, Json] = {}

    def learn(self) -> None:
        """Find out what every point is compared with, by clean runs."""
        self._empty()
        self.import_file(STORED)
        with self.service.database() as connection:
            connection.execute("create schema saved")
            for table in TABLES:
                connection.execute(f"create table saved.{table} as table {table}")
        for start in STARTS:
            self.put(start)
            self.before[start] = self.records(), self.answers()
            self.clean[start] = self.import_file(FILE)
            self.after[start] = self.records(), self.answers()
            self.verify()

    def put(self, start: str) -> None:
        """Put the records into the state `empty` or `filled`, and nothing into the queue."""
        self._empty()
        if start == "empty":
            return
        with self.service.database() as connection:
            for table in TABLES:
                # The state of a polo is generated, and not to be given.
                into, columns = ("polo (id, nome)", "id, nome") if table == "polo" else (table, "*")
                connection.execute(f"insert into {into} select {columns} from saved.{table}")
            connection.execute("analyze")

    def _empty(self) -> None:
        with self.service.database() as connection:
            connection.execute("truncate atendimento, cliente, angel, polo cascade")
            connection.execute("truncate import, import_rejection, import_history, import_history_cliente")
        # Those of failed imports are kept for a while.
        for upload in (self.service.folder / "uploads").glob("*"):
            upload.unlink()

    def records(self) -> Any:
        """Return what tells one state of the records from any other."""
        with self.service.database() as connection:
            return connection.execute(RECORDS).fetchone()

    def answers(self) -> dict[str, Any]:
        """Return the answers of the API that change with the records."""
        return {path: self.client.get(path) for path in WATCHED}

    def verify(self) -> None:
        """Compare the rollups with a recomputation, as `flask verify` does."""
        with self.service.database() as connection, connection.cursor() as cursor:
            for group in ("angel", "polo"):
                assert fetch_differences(cursor, group, 5) == (0, [])

    def import_file(self, data: bytes) -> Json:
        """Import a file and return the import, which must complete."""
        answer = self.client.upload(data)
        assert answer.status in (200, 202), answer
        return self.completed(answer.json["id"])

    def row(self, import_id: int) -> dict[str, Any]:
        """Return the import's row."""
        with self.service.database() as connection:
            cursor = connection.cursor(row_factory=dict_row)
            return cursor.execute("select * from import where id = %s", [import_id]).fetchone()

    def newest_started(self) -> int | None:
        """Return the id of the newest import if it has been started."""
        with self.service.database() as connection:
            query = "select case when started_at is not null then id end from import order by id desc limit 1"
            return (connection.execute(query).fetchone() or (None,))[0]

    def ended(self, import_id: int, seconds: float = PATIENCE_SECONDS) -> dict[str, Any]:
        """Wait until the import has ended and return its row."""

        def find() -> dict[str, Any] | None:
            row = self.row(import_id)
            return row if row["status"] in ENDED else None

        try:
            return wait_for(find, seconds)
        except AssertionError:
            raise AssertionError(f"{self.row(import_id)}\n{self.service.log('worker')[-6000:]}") from None

    def completed(self, import_id: int, seconds: float = PATIENCE_SECONDS) -> dict[str, Any]:
        """Wait until the import has completed and return its row."""
        row = self.ended(import_id, seconds)
        assert row["status"] == "completed", row
        return row

    def wait_for_phase(self, import_id: int, phase: str) -> str:
        """Wait until the import is in the phase or past it; return the one that it is in."""
        with self.service.database() as connection:
            deadline = time.monotonic() + PATIENCE_SECONDS
            while time.monotonic() < deadline:
                now = self._phase(connection, import_id)
                if now and PHASES.index(now) >= PHASES.index(phase):
                    return now
                time.sleep(0.002)
        raise AssertionError(f"the import never came to {phase}")

    def phase(self, import_id: int) -> str:
        """Return the phase that the import is in."""
        with self.service.database() as connection:
            return self._phase(connection, import_id) or "queued"

    @staticmethod
    def _phase(connection: psycopg.Connection[Any], import_id: int) -> str | None:
        (held,) = connection.execute(GATE_IS_HELD, MERGE_GATE).fetchone()
        (status,) = connection.execute("select status from import where id = %s", [import_id]).fetchone()
        if status == "queued":
            return None
        return "after" if status in ENDED else "merge" if held else "staging"


class Moment:
    """A random point of an import, drawn once: a phase, and a share of the time that the phase takes."""

    def __init__(self, draw: random.Random, number: int) -> None:
        self.start = STARTS[number // len(PHASES) % len(STARTS)]
        self.phase = PHASES[number % len(PHASES)]
        self._share = draw.random()

    def wait(self, world: World, import_id: int) -> str:
        """Wait until it has come; return the phase that the import is in by then."""
        world.wait_for_phase(import_id, self.phase)
        timings = world.clean[self.start]["timings"]
        staged = timings.get("stage", 0)
        seconds = {"staging": staged, "merge": sum(timings.values()) - staged, "after": 0.3}[self.phase]
        time.sleep(self._share * seconds)
        return world.phase(import_id)


class Watchers:
    """Readers that ask again and again, from entering to leaving; each answer must be one of the two states."""

    def __init__(self, world: World, start: str, faults: bool = True, readers: int = 1) -> None:
        self._client = world.service.client()
        self._client.get("/atendimento/total")  # logged in before anything is broken
        self._states = {path: (world.before[start][1][path], world.after[start][1][path]) for path in WATCHED}
        self._faults = faults
        self._over = threading.Event()
        self.seen = {path: [0, 0] for path in WATCHED}
        self.failed: list[object] = []
        self._threads = [threading.Thread(target=self._read) for _ in range(readers)]

    def __enter__(self) -> Watchers:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()
        assert error or not self.failed, self.failed[:3]

    @property
    def count(self) -> int:
        """How many answers came."""
        return sum(map(sum, self.seen.values()))

    def _read(self) -> None:
        while not self._over.is_set():
            for path in WATCHED:
                try:
                    answer = self._client.call("GET", path)
                except (OSError, http.client.HTTPException) as error:
                    self._note_fault(error)
                    continue
                self._judge(path, answer.status, answer.json)
            time.sleep(PAUSE_SECONDS)

    def _note_fault(self, what: object) -> None:
        if not self._faults:
            self.failed.append(what)
        time.sleep(0.05)

    def _judge(self, path: str, status: int, document: Any) -> None:
        if status == 503:
            self._note_fault((path, document))
        elif status == 200 and document in self._states[path]:
            self.seen[path][self._states[path].index(document)] += 1
        else:
            self.failed.append((path, status, document))


def interrupted(world: World, moment: Moment, break_it: Callable[[], None], mend: Callable[[], None]) -> str:
    """Import the file, break something at the moment, mend it; the end must be that of a clean run.

    Returns the phase that it hit.
    """
    world.put(moment.start)
    with Watchers(world, moment.start):
        import_id = world.client.upload(FILE).json["id"]
        phase = moment.wait(world, import_id)
        break_it()
        mend()
        row = world.completed(import_id)
    clean = world.clean[moment.start]
    counts = [name for name in row if name.startswith("rows_")]
    assert {name: row[name] for name in counts} == {name: clean[name] for name in counts}
    assert world.records() == world.after[moment.start][0]
    assert wait_for(lambda: world.answers() == world.after[moment.start][1])
    world.verify()
    return phase
