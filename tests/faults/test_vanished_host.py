"""The host of a worker vanishes in the middle of an import: its link is cut, and no socket is ever closed.

The import runs in a network namespace of its own (root and `ip` of iproute2), the rest of the service beside it.
"""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from src.domain.imports import COUNTS
from src.embedded import postgres
from tests.e2e.running import ROOT, wait_for
from tests.faults.conftest import LONG
from tests.faults.files import file_of
from tests.faults.service import DEFAULT, Service
from tests.faults.world import ROWS, World
from tests.unmeasured import UNMEASURED

NAMESPACE = f"indicators-{os.getpid()}"
HERE, THERE = "10.213.70.1", "10.213.70.2"
# Its rejection holds KEY SHARE on the import's row until the transaction ends.
REJECTED = b"no id;1;Ana;SP - 1;01/01/2021;01/01/2021\n"
WAYS = {
    "a first load": ("empty", range(1, 4 * ROWS), "copy"),
    "a staged one": ("filled", range(1, ROWS + 5000), "insert"),
    "a rebuild": ("filled", range(ROWS // 2, 3 * ROWS), "locked"),
}
# A first load holds the gate all the time: the others wait until the server has noticed.
TRIED = list(WAYS) if LONG else ["a first load"]
TRIES = 6


def ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, capture_output=True, text=True)


class Host:
    """A host of its own for imports, behind a link that can be cut."""

    def __init__(self) -> None:
        ip("netns", "add", NAMESPACE)
        ip("link", "add", "indicators0", "type", "veth", "peer", "name", "indicators1")
        ip("link", "set", "indicators1", "netns", NAMESPACE)
        ip("addr", "add", f"{HERE}/30", "dev", "indicators0")
        ip("link", "set", "indicators0", "up")
        ip("-n", NAMESPACE, "addr", "add", f"{THERE}/30", "dev", "indicators1")
        self.link("up")

    def link(self, state: str) -> None:
        ip("-n", NAMESPACE, "link", "set", "indicators1", state)

    def start_import(self, service: Service, file: Path) -> subprocess.Popen[bytes]:
        """Start `flask import`, which runs the import as a worker does."""
        database = conninfo_to_dict(service.environment["DATABASE_URL"]) | {"host": HERE}
        with file.with_suffix(".log").open("wb") as log:
            return subprocess.Popen(
                [
                    "ip",
                    "netns",
                    "exec",
                    NAMESPACE,
                    sys.executable,
                    "-m",
                    "flask",
                    "--app",
                    "src.app",
                    "import",
                    str(file),
                ],
                cwd=ROOT,
                env={**service.environment, **UNMEASURED, "DATABASE_URL": make_conninfo("", **database)},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )


@pytest.fixture(scope="module")
def host() -> Iterator[Host]:
    if os.geteuid() != 0 or not shutil.which("ip"):
        pytest.skip("network namespaces need root and `ip` (iproute2)")
    try:
        made = Host()
    except subprocess.CalledProcessError as error:
        subprocess.run(["ip", "netns", "del", NAMESPACE], check=False, capture_output=True)
        pytest.skip(f"this machine makes no network namespace: {error.stderr.strip()}")
    yield made
    ip("netns", "del", NAMESPACE)


@pytest.fixture(scope="module")
def service(host: Host, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service of its own, whose Postgres the host reaches; with the default lease and sweep in `make faults`."""
    folder = tmp_path_factory.mktemp("vanished") / "data"
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(postgres.SETTINGS, "listen_addresses", f"127.0.0.1,{HERE}")
        with Service(folder, **(DEFAULT if LONG else {})) as running:
            with (folder / "postgres" / "pg_hba.conf").open("a") as file:
                file.write(f"host all all {THERE}/32 scram-sha-256\n")
            with running.database() as connection:
                connection.execute("select pg_reload_conf()")
            yield running


@pytest.fixture(scope="module")
def world(service: Service) -> World:
    world = World(service)
    world.learn()
    return world


def cut_in_the_middle(world: World, host: Host, file: Path, start: str, seconds: float) -> tuple[Any, int, float]:
    """Start an import on the host and cut its link within so many seconds; return its process, its id and its progress.

    An import that has ended by then is done again, and cut sooner.
    """
    for tries in range(TRIES):
        world.put(start)
        process = host.start_import(world.service, file)
        import_id = wait_for(lambda: world.newest_started())
        time.sleep(seconds / 2**tries)  # a random moment, not a wait
        host.link("down")
        row = world.row(import_id)
        if row["status"] == "running":
            return process, import_id, row["rows_read"]
        host.link("up")
        assert process.wait(60) == 0
    raise AssertionError("each import had ended before it was cut")


@pytest.mark.parametrize("way", TRIED)
def test_another_worker_completes_the_import_of_a_host_that_vanishes(
    world: World,
    host: Host,
    tmp_path: Path,
    draw: random.Random,
    tried: Callable[[str, int, str], None],
    way: str,
) -> None:
    start, ids, step = WAYS[way]
    header, _, rows = file_of(ids, seed=3).partition(b"\n")
    data = header + b"\n" + REJECTED + rows
    (tmp_path / "file.csv").write_bytes(data)
    world.put(start)
    clean = world.completed(world.client.upload(data).json["id"])
    assert step in clean["timings"]
    records, answers = world.records(), world.answers()
    takes = (clean["finished_at"] - clean["started_at"]).total_seconds()

    process, import_id, read = cut_in_the_middle(world, host, tmp_path / "file.csv", start, draw.uniform(0, takes))
    cut = time.monotonic()
    try:
        row = world.completed(import_id)
        seconds = time.monotonic() - cut
        assert row["attempts"] == 2
        assert {name: row[f"rows_{name}"] for name in COUNTS} == {name: clean[f"rows_{name}"] for name in COUNTS}
        assert (world.records(), world.answers()) == (records, answers)
        # The host comes back, and what ran there finds that it has lost the import.
        host.link("up")
        process.wait(90)
        assert (world.row(import_id), world.records()) == (row, records)
        world.verify()
        ends = "select count(*) from audit_log where object_type = 'import' and object_id = %s and action = 'end'"
        with world.service.database() as connection:
            assert connection.execute(ends, [str(import_id)]).fetchone() == (1,)
    finally:
        host.link("up")
        process.kill()
        process.wait()
    tried(
        f"link of the worker's host cut in {way}, at row {read} or later",
        1,
        f"as a clean run, {seconds:.0f} s after the cut",
    )
