"""The embedded Postgres and broker, as real processes, through everything that can happen to them."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis

from src.embedded import identity
from src.embedded.postgres import Postgres
from src.embedded.processes import launched
from src.embedded.supervisor import embedded_servers
from tests.e2e.running import ROOT, Running, addresses, lives, wait_for

pytestmark = pytest.mark.e2e
SERVE = ("-m", "tests.e2e.serve")


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    return tmp_path / 'a folder\'s "name", ação'


@pytest.fixture
def running(data_dir: Path) -> Iterator[Running]:
    with serve(data_dir) as servers:
        servers.says("READY")
        yield servers


def serve(data_dir: Path, *patience: str) -> Running:
    return Running(data_dir, *SERVE, str(data_dir), *patience)


def database(data_dir: Path) -> psycopg.Connection[tuple[int]]:
    return psycopg.connect(addresses(data_dir)["database_url"], autocommit=True, connect_timeout=30)


def queue(data_dir: Path) -> redis.Redis:
    return redis.Redis.from_url(addresses(data_dir)["redis_url"], socket_timeout=30)


def write(data_dir: Path) -> None:
    with database(data_dir) as connection:
        connection.execute("create table kept as select 42 as n")
    with queue(data_dir) as client:
        client.rpush("imports", "a job")


def read(data_dir: Path) -> tuple[int, int]:
    with database(data_dir) as connection, queue(data_dir) as client:
        row = connection.execute("select n from kept").fetchone()
        assert row
        return row[0], int(client.llen("imports"))  # type: ignore[arg-type]


def answers(data_dir: Path) -> bool:
    try:
        return read(data_dir) == (42, 1)
    except (psycopg.OperationalError, redis.RedisError):
        return False


def test_the_servers_run_for_as_long_as_the_block_does(data_dir: Path) -> None:
    with embedded_servers(data_dir) as servers:
        assert addresses(data_dir) == {"database_url": servers.database_url, "redis_url": servers.redis_url}
        assert stat.S_IMODE((data_dir / "run" / "servers.json").stat().st_mode) == 0o600
        with database(data_dir) as connection:
            shown = connection.execute(
                "select current_setting('server_version_num')::int / 10000, datlocprovider::text, datlocale, "
                "pg_encoding_to_char(encoding), current_setting('fsync') from pg_database where datname = 'indicators'"
            ).fetchone()
        assert shown == (18, "b", "C.UTF-8", "UTF8", "on")
        write(data_dir)
    assert addresses(data_dir) == {}
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(servers.database_url or "", connect_timeout=30)
    with embedded_servers(data_dir) as again:
        assert again == servers  # also the ports
        assert read(data_dir) == (42, 1)


def test_the_servers_want_their_passwords(running: Running, data_dir: Path) -> None:
    for name in ("postgres_password", "broker_password", "broker/valkey.conf"):
        assert stat.S_IMODE((data_dir / name).stat().st_mode) == 0o600
    password = (data_dir / "postgres_password").read_text()
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(addresses(data_dir)["database_url"].replace(password, "guessed"), connect_timeout=30)
    url = addresses(data_dir)["redis_url"].replace((data_dir / "broker_password").read_text(), "guessed")
    with redis.Redis.from_url(url) as client, pytest.raises(redis.AuthenticationError):
        client.ping()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_both_cleanly(running: Running, data_dir: Path, number: int) -> None:
    pids = [running.pid_of(name) for name in running.children()]
    assert len(pids) == 2
    assert running.stop(number) == 0
    assert not any(lives(pid) for pid in pids)
    assert running.children() == []
    assert "database system is shut down" in (data_dir / "log" / "postgres.log").read_text()


@pytest.mark.parametrize("name", ["postgres", "broker"])
def test_a_killed_server_comes_back_with_its_data_on_its_port(running: Running, data_dir: Path, name: str) -> None:
    write(data_dir)
    before = addresses(data_dir)
    os.kill(running.pid_of(name), signal.SIGKILL)
    running.says(f"{name} has ended (signal 9); starting it again in 1 s")
    wait_for(lambda: answers(data_dir))
    assert addresses(data_dir) == before
    assert running.stop() == 0


def test_backends_that_outlive_a_killed_server_don_t_keep_the_next_one_from_starting(
    running: Running, data_dir: Path
) -> None:
    write(data_dir)
    connection = database(data_dir)
    # Busy, so that it does not notice that its server is gone.
    connection.pgconn.send_query(b"do $$ begin loop end loop; end $$")
    os.kill(running.pid_of("postgres"), signal.SIGKILL)
    wait_for(lambda: answers(data_dir))
    assert not lives(connection.info.backend_pid)
    connection.close()


def test_a_killed_supervisor_takes_its_servers_with_it(running: Running, data_dir: Path) -> None:
    write(data_dir)
    pids = [running.pid_of(name) for name in running.children()]
    running.kill()
    if sys.platform == "linux":
        wait_for(lambda: not any(lives(pid) for pid in pids))
    with serve(data_dir) as again:
        again.says("READY")
        assert read(data_dir) == (42, 1)
        assert again.stop() == 0


def test_after_all_was_killed_at_once_all_starts_again(running: Running, data_dir: Path) -> None:
    write(data_dir)
    running.kill_all()
    with serve(data_dir) as again:
        again.says("READY")
        assert read(data_dir) == (42, 1)
        assert again.stop() == 0


def test_a_server_without_a_supervisor_is_stopped_before_the_next_start(data_dir: Path) -> None:
    with embedded_servers(data_dir):
        write(data_dir)
    command = Postgres(data_dir, data_dir / "log" / "postgres.log").prepare()
    argv = launched(command)
    argv[4] = json.dumps({**json.loads(argv[4]), "death_signal": 0})  # its life is tied to nobody's
    with (data_dir / "log" / "postgres.log").open("ab") as log:
        orphan = subprocess.Popen(argv, stdout=log, stderr=log, env={"PATH": os.environ["PATH"], "LC_ALL": "C"})
    wait_for((data_dir / "postgres" / "postmaster.pid").exists)
    with embedded_servers(data_dir):
        assert orphan.wait(60) == 0
        assert read(data_dir) == (42, 1)


def test_leftovers_of_interrupted_runs_are_no_obstacle(data_dir: Path) -> None:
    with embedded_servers(data_dir):
        write(data_dir)
    # A pid that belongs to someone else by now: this very process.
    (data_dir / "postgres" / "postmaster.pid").write_text(f"{os.getpid()}\n{data_dir}/postgres\n")
    (data_dir / "postgres.new-half").mkdir()
    (data_dir / "run" / "servers.json").write_text('{"database_url": "postgresql://nowhere"}')
    # The end of the queue's log is lost, as after a power cut.
    newest = max((data_dir / "broker" / "appendonlydir").glob("*.incr.aof"))
    with newest.open("ab") as file:
        file.write(b"*3\r\n$5\r\nRPUSH\r\n$7\r\nimp")
    with embedded_servers(data_dir):
        assert read(data_dir) == (42, 1)
    initialised = sorted(path.name for path in data_dir.glob("postgres*"))
    assert initialised == ["postgres", "postgres_password"]


def test_a_second_supervisor_is_refused_and_harms_nothing(running: Running, data_dir: Path) -> None:
    write(data_dir)
    with serve(data_dir, "0.5") as second:
        assert second.wait() == 1
        assert f"already run by process {running.pid}" in second.output()
    assert read(data_dir) == (42, 1)


def test_two_folders_have_servers_of_their_own(running: Running, data_dir: Path, tmp_path: Path) -> None:
    with embedded_servers(tmp_path / "other") as other:
        assert set(addresses(data_dir).values()).isdisjoint({other.database_url, other.redis_url})
        assert sorted(os.listdir(data_dir)) == sorted(os.listdir(tmp_path / "other"))


def waits_for(pid: int, number: int) -> bool:
    """Say whether a signal was sent to a stopped process."""
    status = (identity.PROC / str(pid) / "status").read_text()
    pending = next(line for line in status.splitlines() if line.startswith("ShdPnd:"))
    return bool(int(pending.split()[1], 16) & 1 << number - 1)


def test_a_stop_that_hangs_is_bounded(running: Running) -> None:
    """A broker that can't react is killed when its time is up, and at a second Ctrl-C at once."""
    broker = running.pid_of("broker")
    os.kill(broker, signal.SIGSTOP)
    running.send(signal.SIGINT)
    wait_for(lambda: waits_for(broker, signal.SIGTERM))
    started = time.monotonic()
    assert running.stop() == 0
    assert time.monotonic() - started < 9  # the broker alone has ten seconds


def test_a_server_that_can_t_start_shows_the_end_of_its_log(data_dir: Path) -> None:
    with embedded_servers(data_dir):
        pass
    (data_dir / "postgres" / "PG_VERSION").write_text("12\n")
    with serve(data_dir) as broken:
        assert broken.wait() == 1
        assert "postgres doesn't start" in broken.output()
        assert "not compatible" in broken.output()
    assert addresses(data_dir) == {}


def test_a_lost_password_is_told(data_dir: Path) -> None:
    with embedded_servers(data_dir):
        pass
    (data_dir / "postgres_password").unlink()
    with serve(data_dir) as broken:
        assert broken.wait() == 1
        assert "postgres_password is not the password" in broken.output()


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
def test_root_runs_postgres_as_another_user_under_a_folder_that_is_closed_to_it(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    with serve(closed / "data") as servers:
        servers.says("READY")
        status = Path(f"/proc/{servers.pid_of('postgres')}/status").read_text()
        assert "Uid:\t0" not in status
        assert servers.stop() == 0
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
def test_root_of_a_container_lends_the_capability_that_it_has(data_dir: Path) -> None:
    program = f"from tests.e2e.serve import main; from pathlib import Path; main(Path({str(data_dir)!r}))"
    less = ["import os; os.execvp('setpriv', ['setpriv', '--bounding-set=-dac_read_search', '--inh-caps=-all',"]
    with Running(data_dir, "-c", f"{less[0]} {sys.executable!r}, '-c', {program!r}])") as servers:
        servers.says("READY")
        assert servers.stop() == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
def test_root_without_capabilities_to_lend_says_which_folder_is_closed(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    without = ["setpriv", "--bounding-set=-dac_read_search,-dac_override", "--inh-caps=-all", sys.executable]
    done = subprocess.run(
        [*without, *SERVE, str(closed / "data")], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 1
    assert "Postgres refuses to run as root" in done.stdout
    assert "DATA_DIR" in done.stdout
