"""A backup, restored into an empty server, answers what the original answers."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

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


def backup(url: str | None, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    """Run the script with the clients of Postgres 18; without DATABASE_URL if `url` is None."""
    environment = {
        "PATH": f"{programs_folder()}:/usr/bin:/bin",
        **({} if url is None else {"DATABASE_URL": url}),
        **env,
    }
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
    done = backup(None, "dump", str(tmp_path / "a.dump"), DATABASE_URL_FILE=str(tmp_path / "url"))
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
    done = backup(None, *arguments)
    assert done.returncode != 0
    assert done.stderr


def test_compose_runs_it_with_the_database_s_own_version() -> None:
    services = compose()["services"]
    assert services["backup"]["image"] == services["database"]["image"]
    assert services["backup"]["volumes"][0] == "./docker/backup.sh:/backup.sh:ro"
    assert services["backup"]["profiles"] == ["tools"]


LIVE = "postgresql://u:p@live/indicators"


@pytest.fixture
def clients(tmp_path: Path) -> Path:
    """Clients in Postgres's place, which note how they are called and what of their environment the script sets."""
    for client in ("pg_dump", "psql", "pg_restore"):
        (tmp_path / client).write_text(
            "#!/bin/sh\n"
            f"printf '%s\\n' \"$(basename $0) $*\" >> '{tmp_path}/asked'\n"
            f"printf '%s' \"${{PGPASSWORD-none}}\" > '{tmp_path}/password'\n"
            'echo 0\nfor each; do case $each in --file=*) : > "${each#--file=}" ;; esac; done\n'
        )
        (tmp_path / client).chmod(0o700)
    return tmp_path


@pytest.mark.parametrize("command", ["dump", "restore"])
@pytest.mark.parametrize(
    ("url", "file"),
    [
        *((None, None), (None, "/nowhere"), (None, "/dev/null"), (None, "")),
        *(("", None), ("", LIVE), (" ", LIVE), ("\n", LIVE), ("\t ", None)),
    ],
)
def test_without_an_address_no_other_database_is_taken(
    clients: Path, command: str, url: str | None, file: str | None
) -> None:
    """Least of all the live one, whose address is in the file, where `DATABASE_URL=$(sudo ...)` gave nothing."""
    env = {"PATH": f"{clients}:/usr/bin:/bin"}
    if file is not None:
        env["DATABASE_URL_FILE"] = file
    if file == LIVE:
        (clients / "url").write_text(LIVE)
        env["DATABASE_URL_FILE"] = str(clients / "url")
    done = backup(url, command, str(clients / "x.dump"), **env)
    assert done.returncode != 0
    assert done.stderr
    assert not (clients / "asked").exists()
    if url is not None:
        assert "DATABASE_URL" in done.stderr


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg", "postgresql+psycopg2"])
@pytest.mark.parametrize(
    ("written", "left", "password"),
    [
        ("u:secret@h:5432/db", "u@h:5432/db", "secret"),
        ("u:s%40%2F%3a%25cret%C3%A3@h/db?sslmode=require", "u@h/db?sslmode=require", "s@/:%cretã"),
        ("u:a:b@h", "u@h", "a:b"),
        ("u:$HOME`id`'\"\\x41%s@h/db", "u@h/db", "$HOME`id`'\"\\x41%s"),
        ("u:secret@[::1]:5432/db", "u@[::1]:5432/db", "secret"),
        ("u:secret@a:1,b:2/db", "u@a:1,b:2/db", "secret"),
        ("u@h/db", "u@h/db", "none"),
        ("h:5432/db@x:y", "h:5432/db@x:y", "none"),
        ("/db", "/db", "none"),
    ],
)
@pytest.mark.parametrize("command", ["dump", "restore"])
def test_no_password_is_in_the_list_of_processes(
    clients: Path, command: str, scheme: str, written: str, left: str, password: str
) -> None:
    done = backup(f"{scheme}://{written}", command, str(clients / "x.dump"), PATH=f"{clients}:/usr/bin:/bin")
    assert done.returncode == 0, done.stderr
    asked = (clients / "asked").read_text()
    assert f"postgresql://{left}" in asked
    assert (clients / "password").read_text() == password
    if password != "none":
        assert password not in asked
        assert written.rpartition("@")[0].partition(":")[2] not in asked


@pytest.mark.parametrize(
    "url", ["postgresql://u@h/db?password=secret", "host=h password=secret", "postgresql://h/db?a=b&password=secret"]
)
def test_a_password_in_another_place_is_refused_with_a_sentence(clients: Path, url: str) -> None:
    done = backup(url, "dump", str(clients / "x.dump"), PATH=f"{clients}:/usr/bin:/bin")
    assert done.returncode == 1
    assert "postgresql://user:password@host/database" in done.stderr
    assert "secret" not in done.stderr
    assert not (clients / "asked").exists()


def test_a_password_of_any_characters_opens_the_real_server(servers: Servers, tmp_path: Path) -> None:
    """What the script decodes is what Postgres's own clients would."""
    words = "s@/:%c 'r\"e#t?&ã\\"
    with psycopg.connect(str(servers.database_url), autocommit=True) as connection:
        literal = connection.execute("select quote_literal(%s)", [words]).fetchone()
        assert literal
        connection.execute("drop role if exists odd")
        connection.execute(f"create role odd superuser login password {literal[0]}")  # type: ignore[arg-type]
        place = str(servers.database_url).rpartition("@")[2]
        try:
            done = backup(f"postgresql://odd:{quote(words, safe='')}@{place}", "dump", str(tmp_path / "a.dump"))
            assert done.returncode == 0, done.stderr
            wrong = backup(f"postgresql://odd:{quote(words, safe='')}x@{place}", "dump", str(tmp_path / "b.dump"))
            assert wrong.returncode != 0
        finally:
            connection.execute("drop role odd")


DOCUMENT = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")


def test_the_documented_lines_stop_where_there_is_no_sudo(tmp_path: Path) -> None:
    """As they stand in docs/operations.md, where `docker` says what it is asked and there is no `sudo`."""
    blocks = re.findall(r"```sh\n(.*?)```", DOCUMENT, re.DOTALL)
    (block,) = [found for found in blocks if "secrets/app/database_url" in found]
    lines = block[block.index("# to look into a dump") : block.index("# to replace")]
    (tmp_path / "docker").write_text('#!/bin/sh\nprintf "%s\\n" "$*" >> asked\n')
    (tmp_path / "docker").chmod(0o700)
    for program in ("sh", "sed"):
        (tmp_path / program).symlink_to(f"/bin/{program}")
    command = ["/bin/sh", "-c", lines]
    done = subprocess.run(
        command, cwd=tmp_path, env={"PATH": str(tmp_path)}, capture_output=True, text=True, timeout=60
    )
    assert done.returncode != 0
    assert "sudo" in done.stderr
    assert "restore" not in (tmp_path / "asked").read_text().replace("createdb -U indicators restored", "")


def test_no_documented_line_has_a_password_for_all_to_see() -> None:
    assert not re.search(r"-e DATABASE_URL=\$|--env DATABASE_URL=\$", DOCUMENT)


@pytest.mark.parametrize(
    ("given", "variable"),
    [
        ({"DATABASE_URL": ""}, "DATABASE_URL"),
        ({"DATABASE_URL": "  "}, "DATABASE_URL"),
        ({"DATABASE_URL": "", "DATABASE_URL_FILE": "{url}"}, "DATABASE_URL"),
        ({"DATABASE_URL_FILE": ""}, "DATABASE_URL_FILE"),
        ({"DATABASE_URL_FILE": "{empty}"}, "DATABASE_URL_FILE"),
        ({"REDIS_URL": ""}, "REDIS_URL"),
        ({"REDIS_URL_FILE": "{empty}"}, "REDIS_URL_FILE"),
    ],
)
@pytest.mark.parametrize("command", [["db", "upgrade"], ["verify"], ["users", "list"]])
def test_no_command_takes_an_empty_address_for_another_server(
    tmp_path: Path, given: dict[str, str], variable: str, command: list[str]
) -> None:
    (tmp_path / "url").write_text(LIVE)
    (tmp_path / "empty").write_text("\n")
    env = {name: value.format(url=tmp_path / "url", empty=tmp_path / "empty") for name, value in given.items()}
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    program = [sys.executable, "-m", "flask", "--app", "src.app", *command]
    env = {**kept, "JWT_SECRET_KEY": SECRET, "DATA_DIR": str(tmp_path), "FLASK_SKIP_DOTENV": "1", **env}
    done = subprocess.run(program, cwd=ROOT, env=env, capture_output=True, text=True, timeout=120)
    assert done.returncode != 0
    assert f"{variable}: " in done.stderr
    assert "empty" in done.stderr
