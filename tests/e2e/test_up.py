"""`flask up` and `make run` as whole: real web server, worker, scheduler and servers."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from src.embedded.identity import session_members
from src.embedded.ports import free_port
from src.embedded.supervisor import embedded_servers
from tests.e2e.running import ROOT, Running, addresses, lives, wait_for
from tests.e2e.terminal import Terminal
from tests.unmeasured import UNMEASURED

pytestmark = pytest.mark.e2e
UP = ("-m", "flask", "--app", "src.app", "up")
PARTS = ["beat", "broker", "postgres", "web", "worker"]
# -o: whether anything has to be installed is not the question here.
MAKE_RUN = ["make", "-C", str(ROOT), "--no-print-directory", "-o", ".venv/installed", "run"]
needs_make = pytest.mark.skipif(
    not shutil.which("make") or not (ROOT / ".venv" / "bin" / "python").exists(), reason="no make"
)
SECRET = "of the tests, and 32 bytes long or more"


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    return tmp_path / "data with blanks"


@pytest.fixture
def env(data_dir: Path) -> dict[str, str]:
    """The environment of a small service that nothing of the developer's own gets into."""
    return {
        "DATA_DIR": str(data_dir),
        "PORT": str(free_port()),
        "HOST": "127.0.0.1",
        "WEB_WORKERS": "1",
        "WORKER_CONCURRENCY": "1",
        "SAMPLE_ROWS": "300",
        "FLASK_SKIP_DOTENV": "1",
    }


@pytest.fixture(autouse=True)
def _nothing_given(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATABASE_URL", "REDIS_URL", "JWT_SECRET_KEY", "UPLOAD_DIR", "ADMIN_USERNAME", "ADMIN_PASSWORD"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(f"{name}_FILE", raising=False)


def up(env: dict[str, str], *options: str) -> Running:
    return Running(Path(env["DATA_DIR"]), *UP, *options, env=env)


def healthy(env: dict[str, str]) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{env['PORT']}/health/live", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


@pytest.mark.timeout(900)  # four starts, on a machine that may be busy
def test_the_sample_is_imported_once_and_all_of_it_survives_being_killed(env: dict[str, str], data_dir: Path) -> None:
    with up(env, "--sample") as first:
        first.says("Ctrl-C stops everything")
        shown = first.output()
        assert "300 rows read" in shown
        assert all(path in shown for path in ("productivity: top 5", "sla/angel: top 5", "sla/polo: top "))
        assert f"http://127.0.0.1:{env['PORT']}/docs" in shown
        assert (data_dir / "demo_password").read_text() in shown
        family = [pid for name in PARTS for pid in session_members(first.pid_of(name), data_dir)]
        assert len(family) >= len(PARTS)
        first.kill_all()
    assert "database_url" in addresses(data_dir)  # nobody was left to tidy up
    with up(env, "--sample") as second:
        second.says("Ctrl-C stops everything")
        assert "This file was already imported" in second.output()
        assert not any(lives(pid) for pid in family)
        assert second.children() == PARTS
        pids = [second.pid_of(name) for name in PARTS]
        for name in ("worker", "web"):
            os.kill(second.pid_of(name), signal.SIGKILL)
            second.says(f"{name} has ended (signal 9)")
            wait_for(lambda: second.children() == PARTS)
        wait_for(lambda: healthy(env))
        pids += [second.pid_of(name) for name in PARTS]
        assert second.stop() == 0
        assert second.output().endswith("Stopping ...\nStopped.\n")
    assert not any(lives(pid) for pid in pids)
    assert second.children() == []
    assert addresses(data_dir) == {}


def test_servers_of_one_s_own_are_used_and_left_running(env: dict[str, str], data_dir: Path, tmp_path: Path) -> None:
    with embedded_servers(tmp_path / "own") as own:
        assert own.database_url
        assert own.redis_url
        env |= {"DATABASE_URL": own.database_url, "REDIS_URL": own.redis_url, "JWT_SECRET_KEY": SECRET}
        with up(env) as running:
            running.says("Ctrl-C stops everything")
            assert running.children() == ["beat", "web", "worker"]
            assert healthy(env)
            assert running.stop(signal.SIGTERM) == 0
        assert not (data_dir / "postgres").exists()
        assert not (data_dir / "broker").exists()
        assert not (data_dir / "demo_password").exists()
        assert addresses(tmp_path / "own")["database_url"] == own.database_url


@needs_make
def test_what_a_killed_make_run_started_ends_with_it_and_ctrl_c_ends_the_next_one_quietly(env: dict[str, str]) -> None:
    """A make that is killed can stop nothing itself: the next one waits until all of it has ended."""
    env |= UNMEASURED
    log = Path(env["DATA_DIR"]).with_name("make.txt")
    with log.open("wb") as out:
        make = subprocess.Popen(MAKE_RUN, env=os.environ | env, stdin=subprocess.DEVNULL, stdout=out, stderr=out)
    wait_for(lambda: "Ctrl-C stops everything" in log.read_text(), 180)
    make.kill()
    make.wait()
    with Terminal(MAKE_RUN, env) as terminal:
        terminal.read_until(b"Ctrl-C stops everything")
        assert log.read_text().endswith("Stopping ...\nStopped.\n")
        terminal.press(b"\x03")
        assert terminal.exit_code() == 0
    assert terminal.shown.endswith(b"Stopped.\r\n")


@needs_make
@pytest.mark.timeout(900)  # eight starts, on a machine that may be busy
def test_ctrl_c_at_any_moment_of_the_start_shows_no_stack_trace(env: dict[str, str]) -> None:
    """Pressed until all has ended: an early one may meet make itself, a late one the end of the program."""
    env |= UNMEASURED
    for moment in (0.0, 0.03, 0.08, 0.15, 0.3, 0.6, 1.2, 2.5):
        with Terminal(MAKE_RUN, env) as terminal:
            terminal.press_until_the_end(b"\x03", after=moment)
        for word in (b"Traceback", b"KeyboardInterrupt", b"Aborted", b"Error"):
            assert word not in terminal.shown, (moment, terminal.shown)
    assert not list((Path(env["DATA_DIR"]) / "run" / "children").glob("*.json"))


def test_ctrl_c_while_the_program_is_loaded_ends_it_without_a_stack_trace(env: dict[str, str], data_dir: Path) -> None:
    """Whatever it imports first, a module of ours is among it."""
    script = "import sys; sys.argv = ['flask', 'up']; import src, os, signal; os.kill(os.getpid(), signal.SIGINT)"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, env=os.environ | env, capture_output=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (-signal.SIGINT, b"", b"")


def test_a_taken_port_is_told_before_anything_is_started(env: dict[str, str], data_dir: Path) -> None:
    with socket.create_server(("127.0.0.1", int(env["PORT"]))), up(env) as refused:
        assert refused.wait() == 1
        assert f"PORT {env['PORT']} on HOST 127.0.0.1 can't be used: Address already in use" in refused.output()
        assert "Choose another one, e.g. PORT=" in refused.output()
    assert not (data_dir / "postgres").exists()


def test_wrong_settings_are_told_before_anything_is_started(env: dict[str, str], data_dir: Path) -> None:
    with up(env | {"WEB_WORKERS": "none", "DATABASE_URL": "postgresql://somewhere"}) as refused:
        assert refused.wait() == 1
        assert "WEB_WORKERS" in refused.output()
        assert "JWT_SECRET_KEY" in refused.output()
        assert "Traceback" not in refused.output()
    assert not (data_dir / "postgres").exists()


def test_what_is_under_way_when_ctrl_c_comes_is_left_out(env: dict[str, str], data_dir: Path) -> None:
    """A stop in the middle of the start ends as quietly, and leaves nothing running."""
    with up(env) as running:
        wait_for(lambda: "migrations" in running.children())
        assert running.stop() == 0
        assert running.children() == []
    assert addresses(data_dir) == {}
