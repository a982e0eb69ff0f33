"""Children die with us, or are found by their records; nobody else is ever signalled."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from src.embedded import identity
from src.embedded.processes import MAX_LOG_BYTES, Children, Command

ROOT = Path(__file__).parents[3]
SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]
# Starts a child of its own in the same session, says which, and sleeps.
PARENT = [
    sys.executable,
    "-c",
    "import subprocess, sys, time\n"
    "print(subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']).pid, flush=True)\n"
    "time.sleep(60)",
]
STUBBORN = [
    sys.executable,
    "-c",
    "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint('up', flush=True)\ntime.sleep(60)",
]


def wait_for(condition: Callable[[], object], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it does not happen"
        time.sleep(0.02)


def lives(pid: int) -> bool:
    return identity.start_time(pid) is not None


def command(argv: list[str], **options: object) -> Command:
    return Command("thing", argv, ROOT, env={"PATH": os.environ["PATH"]}, **options)  # type: ignore[arg-type]


@pytest.fixture
def children(tmp_path: Path) -> Children:
    return Children(tmp_path / "data dir")


@pytest.fixture
def stranger() -> Iterator[subprocess.Popen[bytes]]:
    """A process that is none of ours, in a session of its own."""
    process = subprocess.Popen(SLEEP, start_new_session=True)
    yield process
    process.kill()
    process.wait()


def test_two_looks_at_one_process_see_the_same_start() -> None:
    assert identity.start_time(os.getpid()) == identity.start_time(os.getpid())
    assert identity.start_time(os.getpid()) is not None


def test_a_process_that_nobody_has_collected_counts_as_ended() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        wait_for(lambda: not lives(process.pid))


def test_a_child_is_stopped_and_its_record_dropped(children: Children) -> None:
    child = children.spawn(command(SLEEP))
    assert json.loads((children.records / "thing.json").read_text())["pid"] == child.pid
    child.stop()
    assert child.exit_code() == -signal.SIGTERM
    assert not list(children.records.iterdir())


def test_a_child_that_cant_be_recorded_is_watched_all_the_same(children: Children) -> None:
    children.records.rmdir()
    child = children.spawn(command(SLEEP))
    assert child.exit_code() is None
    child.stop()
    assert child.exit_code() == -signal.SIGTERM


def test_a_child_that_ignores_its_stop_signal_is_killed_in_time(children: Children) -> None:
    child = children.spawn(command(STUBBORN, stop_seconds=0.3))
    wait_for(lambda: children.log_of("thing").read_text() == "up\n")
    started = time.monotonic()
    child.stop()
    assert child.exit_code() == -signal.SIGKILL
    assert time.monotonic() - started < 8  # and not the ten seconds that there are else


def test_a_hurry_shortens_the_wait(children: Children) -> None:
    child = children.spawn(command(STUBBORN, stop_seconds=10))
    wait_for(lambda: children.log_of("thing").read_text() == "up\n")
    started = time.monotonic()
    child.stop(in_hurry=lambda: True)
    assert 0.9 < time.monotonic() - started < 8


def test_the_children_of_a_killed_child_are_killed_too(children: Children) -> None:
    child = children.spawn(command(PARENT))
    wait_for(lambda: children.log_of("thing").read_text().endswith("\n"))
    grandchild = int(children.log_of("thing").read_text())
    os.kill(child.pid, signal.SIGKILL)
    wait_for(lambda: child.exit_code() is not None)
    wait_for(lambda: not lives(grandchild))


def test_what_an_earlier_run_left_is_stopped(children: Children, tmp_path: Path) -> None:
    """Also the children of a recorded process that is dead itself."""
    child = children.spawn(command(PARENT))
    wait_for(lambda: children.log_of("thing").read_text().endswith("\n"))
    grandchild = int(children.log_of("thing").read_text())
    os.kill(child.pid, signal.SIGKILL)
    assert lives(grandchild)
    said: list[str] = []
    Children(tmp_path / "data dir").stop_survivors(said.append)
    assert not lives(grandchild)
    assert [line for line in said if "thing" in line]
    assert not list(children.records.iterdir())
    child.stop()


def test_a_survivor_that_lives_is_asked_first(children: Children, tmp_path: Path) -> None:
    child = children.spawn(command(PARENT, stop_signal=signal.SIGINT))
    wait_for(lambda: children.log_of("thing").read_text().endswith("\n"))
    Children(tmp_path / "data dir").stop_survivors(lambda line: None)
    wait_for(lambda: child.exit_code() is not None)
    assert child.exit_code() != -signal.SIGKILL


@pytest.mark.parametrize("started", ["an earlier boot/1", None])
def test_a_pid_that_was_given_to_someone_else_is_left_alone(
    children: Children, stranger: subprocess.Popen[bytes], started: str | None
) -> None:
    record = {"pid": stranger.pid, "started": started, "stop_signal": signal.SIGKILL, "stop_seconds": 0}
    (children.records / "thing.json").write_text(json.dumps(record))
    said: list[str] = []
    children.stop_survivors(said.append)
    assert stranger.poll() is None
    assert not said
    assert not list(children.records.iterdir())


@pytest.mark.parametrize("content", ["", "{", "[]", '{"pid": "x"}', '{"pid": 0}', '{"pid": -1}'])
def test_a_damaged_record_names_nobody(children: Children, content: str) -> None:
    (children.records / "thing.json").write_text(content)
    children.stop_survivors(lambda line: None)
    assert not list(children.records.iterdir())


def test_the_children_of_another_data_folder_are_left_alone(children: Children, tmp_path: Path) -> None:
    mine = children.spawn(command(SLEEP))
    Children(tmp_path / "other").stop_survivors(lambda line: None)
    assert mine.exit_code() is None
    mine.stop()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ties a child's life to its parent's")
def test_a_child_dies_with_its_supervisor(tmp_path: Path) -> None:
    program = (
        "import sys, time; from pathlib import Path\n"
        "from src.embedded.processes import Children, Command\n"
        f"child = Children(Path({str(tmp_path)!r})).spawn(Command('thing', {SLEEP!r}, Path('/')))\n"
        "print(child.pid, flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout
        pid = int(parent.stdout.readline())
        assert lives(pid)
        parent.kill()
    wait_for(lambda: not lives(pid))


def test_a_log_that_has_grown_too_large_is_emptied(children: Children) -> None:
    children.log_of("thing").write_bytes(b"x" * (MAX_LOG_BYTES + 1))
    child = children.spawn(command([sys.executable, "-c", "print('new')"]))
    wait_for(lambda: child.exit_code() is not None)
    assert children.log_of("thing").read_text() == "new\n"


def test_a_log_is_continued(children: Children) -> None:
    children.log_of("thing").write_text("old\n")
    child = children.spawn(command([sys.executable, "-c", "print('new')"]))
    wait_for(lambda: child.exit_code() is not None)
    assert children.log_of("thing").read_text() == "old\nnew\n"


def test_children_are_not_started_from_another_thread(children: Children) -> None:
    caught: list[BaseException] = []

    def spawn() -> None:
        try:
            children.spawn(command(SLEEP))
        except RuntimeError as error:
            caught.append(error)

    thread = threading.Thread(target=spawn)
    thread.start()
    thread.join()
    assert "main thread" in str(caught[0])


def test_a_program_that_is_not_there_says_so_in_the_log(children: Children) -> None:
    child = children.spawn(command(["/no/such/program"]))
    wait_for(lambda: child.exit_code() is not None)
    assert child.exit_code() == 126
    assert "No such file" in children.log_of("thing").read_text()
