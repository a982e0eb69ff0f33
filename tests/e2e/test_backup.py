"""A backup, restored into an empty server, answers what the original answers."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from src.app import create_app
from src.config import load_settings
from src.embedded.postgres import programs_folder
from src.embedded.supervisor import Servers, embedded_servers
from tests.compose import ROOT, compose

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("backup")]  # filled once
SCRIPT = ROOT / "docker" / "backup.sh"
ROWS = 3000
SECRET = "of the tests, and 32 bytes long or more"


def flask(url: str, data_dir: Path, *arguments: str) -> str:
    """Run a command of ours against a database, in this process, and return what it prints."""
    env = os.environ | {"DATABASE_URL": url, "JWT_SECRET_KEY": SECRET, "DATA_DIR": str(data_dir)}
    done = create_app(load_settings(env)).test_cli_runner().invoke(args=arguments)
    assert done.exit_code == 0, done.output
    return done.stdout


def backup(url: str, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    """Run the script with the clients of Postgres 18."""
    environment = {"PATH": f"{programs_folder()}:/usr/bin:/bin", "DATABASE_URL": url, **env}
    command = ["sh", str(SCRIPT), *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)


def answers(url: str, data_dir: Path) -> list[str]:
    """What the service says of all that it has."""
    questions = ("productivity", "sla-angel", "sla-polo")
    return [flask(url, data_dir, "indicators", question, "--format", "json") for question in questions]


@pytest.fixture(scope="module")
def filled(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a database with an imported sample and a cancelled import."""
    folder = tmp_path_factory.mktemp("filled")
    url = str(servers.database_url).rpartition("/")[0] + "/backed_up"
    with psycopg.connect(str(servers.database_url), autocommit=True) as connection:
        connection.execute("drop database if exists backed_up with (force)")
        connection.execute("create database backed_up")
        flask(url, folder, "db", "upgrade")
        flask(url, folder, "sample-data", str(folder / "sample.csv"), "--rows", str(ROWS))
        flask(url, folder, "import", str(folder / "sample.csv"))
        yield url
        connection.execute("drop database backed_up with (force)")


def test_restored_into_an_empty_server_all_is_as_it_was(filled: str, tmp_path: Path) -> None:
    file = tmp_path / "a backup.dump"
    done = backup(filled, "dump", str(file))
    assert done.returncode == 0, done.stderr
    with embedded_servers(tmp_path / "empty") as empty:
        url = str(empty.database_url)
        done = backup(url.replace("postgresql://", "postgresql+psycopg://"), "restore", str(file))
        assert done.returncode == 0, done.stderr
        flask(url, tmp_path, "db", "status")
        flask(url, tmp_path, "verify")
        found = answers(url, tmp_path)
        assert found == answers(filled, tmp_path)
        assert len(found[0]) > 1000
        with psycopg.connect(url) as there, psycopg.connect(filled) as here:
            for table in ("atendimento", "cliente", "import", "import_rejection", "holiday"):
                count = f"select count(*), sum(hashtextextended({table}::text, 0)) from {table}"
                assert there.execute(count).fetchone() == here.execute(count).fetchone(), table
            # New ids don't meet old ones.
            nome = "insert into angel (nome) values ('Nova') returning id > (select max(id) from angel)"
            assert there.execute(nome).fetchone() == (True,)
        again = backup(url, "restore", str(file))
        assert again.returncode == 1
        assert "has tables already" in again.stderr


def test_a_backup_that_fails_leaves_no_file(filled: str, tmp_path: Path) -> None:
    file = tmp_path / "never.dump"
    assert backup(filled + "_not_there", "dump", str(file)).returncode != 0
    assert list(tmp_path.iterdir()) == []


def test_the_address_may_be_in_a_file(filled: str, tmp_path: Path) -> None:
    (tmp_path / "url").write_text(f"{filled}\n")
    done = backup("", "dump", str(tmp_path / "a.dump"), DATABASE_URL_FILE=str(tmp_path / "url"))
    assert done.returncode == 0, done.stderr


def test_a_broken_backup_restores_nothing(filled: str, servers: Servers, tmp_path: Path) -> None:
    file = tmp_path / "a.dump"
    assert backup(filled, "dump", str(file)).returncode == 0
    file.write_bytes(file.read_bytes()[: -file.stat().st_size // 2])
    url = str(servers.database_url).rpartition("/")[0] + "/broken"
    with psycopg.connect(str(servers.database_url), autocommit=True) as connection:
        connection.execute("create database broken")
        try:
            assert backup(url, "restore", str(file)).returncode != 0
            with psycopg.connect(url) as broken:
                assert broken.execute("select count(*) from pg_tables where schemaname = 'public'").fetchone() == (0,)
        finally:
            connection.execute("drop database broken with (force)")


@pytest.mark.parametrize("arguments", [[], ["delete"], ["restore"]])
def test_it_says_how_it_is_called(arguments: list[str]) -> None:
    done = backup("", *arguments)
    assert done.returncode != 0
    assert done.stderr


def test_compose_runs_it_with_the_database_s_own_version() -> None:
    services = compose()["services"]
    assert services["backup"]["image"] == services["database"]["image"]
    assert services["backup"]["volumes"][0] == "./docker/backup.sh:/backup.sh:ro"
    assert services["backup"]["profiles"] == ["tools"]


@pytest.mark.parametrize(
    ("command", "env"),
    [
        ("dump", {}),
        ("restore", {"DATABASE_URL_FILE": "/nowhere"}),
        ("restore", {"DATABASE_URL_FILE": "/dev/null"}),
    ],
)
def test_without_an_address_no_other_database_is_taken(tmp_path: Path, command: str, env: dict[str, str]) -> None:
    asked = tmp_path / "asked"
    for client in ("pg_dump", "psql"):
        (tmp_path / client).write_text(f"#!/bin/sh\ntouch '{asked}'\n")
        (tmp_path / client).chmod(0o700)
    done = backup("", command, str(tmp_path / "x.dump"), PATH=f"{tmp_path}:/usr/bin:/bin", **env)
    assert done.returncode != 0
    assert done.stderr
    assert not asked.exists()
