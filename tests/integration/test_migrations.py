"""The migrations on a database of their own, through the commands that operators use."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy.exc import OperationalError

from src.app import create_app
from src.config import load_settings
from src.extensions import alembic
from src.services import migrations
from src.services.migrations import upgrade
from src.services.verify import verify_rollups
from tests.e2e.running import wait_for
from tests.unmeasured import UNMEASURED

# These make nothing, and change what is stored.
ONLY_DATA = {"Names and e-mails in Unicode's composed form; what differed only in it is merged."}
ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
def empty_database(environment) -> Iterator[dict[str, str]]:
    """The environment of a service whose database has no tables yet."""
    url = urlsplit(environment["DATABASE_URL"])
    with psycopg.connect(environment["DATABASE_URL"], autocommit=True) as connection:
        connection.execute("drop database if exists migrated with (force)")
        connection.execute("create database migrated")
        yield environment | {"DATABASE_URL": url._replace(path="/migrated").geturl()}
        connection.execute("drop database migrated with (force)")


@pytest.fixture
def other_app(empty_database) -> Iterator[Flask]:
    app = create_app(load_settings({**os.environ, **empty_database}))
    with app.app_context():
        yield app


def flask_db(environment: dict[str, str], *arguments: str, answer: str = "") -> Result:
    """Run a command of `flask db` in this process: one of its own takes seconds to start."""
    app = create_app(load_settings({**os.environ, **environment}))
    return app.test_cli_runner().invoke(args=["db", *arguments], input=answer)


def flask_db_process(
    environment: dict[str, str], *arguments: str, cwd: Path = ROOT
) -> subprocess.CompletedProcess[str]:
    """Run a command of `flask db` in a process of its own, by the code in `cwd`."""
    return subprocess.run(
        [sys.executable, "-m", "flask", "--app", "src.app", "db", *arguments],
        cwd=cwd,
        env={**os.environ, **UNMEASURED, **environment},
        capture_output=True,
        text=True,
        timeout=60,
    )


def tables(environment: dict[str, str]) -> set[str]:
    with psycopg.connect(environment["DATABASE_URL"]) as connection:
        found = connection.execute(
            "select relname from pg_class where relnamespace = 'public'::regnamespace"
        ).fetchall()
    return {name for (name,) in found} - {"alembic_version", "alembic_version_pkc"}


def functions(environment: dict[str, str]) -> set[tuple[str, str]]:
    """Return the functions, with their texts."""
    with psycopg.connect(environment["DATABASE_URL"]) as connection:
        query = "select proname, pg_get_functiondef(oid) from pg_proc where pronamespace = 'public'::regnamespace"
        return set(connection.execute(query).fetchall())


def views(environment: dict[str, str]) -> set[tuple[str, str]]:
    """Return the views, with their texts."""
    with psycopg.connect(environment["DATABASE_URL"]) as connection:
        query = "select viewname, definition from pg_views where schemaname = 'public'"
        return set(connection.execute(query).fetchall())


def holidays(environment: dict[str, str]) -> set[tuple[str, str]]:
    """Return the holidays, (calendar, date), where there is the table."""
    with psycopg.connect(environment["DATABASE_URL"]) as connection:
        (is_there,) = connection.execute("select to_regclass('holiday') is not null").fetchone() or (False,)
        return set(connection.execute("select calendar, date::text from holiday").fetchall()) if is_there else set()


def columns(environment: dict[str, str]) -> set[tuple[str, str]]:
    """Return the columns, (table, column), and the indexes, (name, definition)."""
    with psycopg.connect(environment["DATABASE_URL"]) as connection:
        query = """
            select table_name, column_name from information_schema.columns where table_schema = 'public'
            union all
            select indexname, indexdef from pg_indexes where schemaname = 'public'"""
        return {row for row in connection.execute(query).fetchall() if not row[0].startswith("alembic_version")}


def everything(environment: dict[str, str]) -> tuple[set[Any], ...]:
    """Return all that a migration makes."""
    return (
        tables(environment),
        columns(environment),
        functions(environment),
        views(environment),
        holidays(environment),
    )


def test_up_down_to_base_and_up_again_leaves_what_the_models_say(other_app, empty_database):
    alembic.upgrade()
    first = tables(empty_database)
    assert alembic.compare_metadata() == []
    alembic.downgrade("base")
    assert tables(empty_database) == set()
    assert functions(empty_database) == set()
    alembic.upgrade()
    assert tables(empty_database) == first
    assert alembic.compare_metadata() == []


def test_each_step_goes_down_and_up_again(other_app, empty_database):
    beneath: tuple[set[Any], ...] = set(), set(), set(), set(), set()
    for script in reversed(alembic.log()):
        alembic.upgrade(script.revision)
        above = everything(empty_database)
        alembic.downgrade(-1)
        below = everything(empty_database)
        assert below == beneath
        assert (above == beneath) == (script.doc in ONLY_DATA)
        alembic.upgrade(script.revision)
        assert everything(empty_database) == above
        beneath = above


FILLED = """
    insert into cliente (id) values (1);
    insert into angel (nome) values ('Ana'), ('Bia'), ('Caio');
    insert into polo (nome) values ('BA - FEIRA DE SANTANA'), ('SP - CAMPINAS');
    insert into atendimento (id, id_cliente, angel_id, polo_id, data_limite, data_de_atendimento, status)
    select
        i, 1, 1 + i % 3, 1 + i % 2, timestamp '2020-06-01' + i % 500 * interval '1 day' + interval '10 hours',
        timestamp '2020-06-01' + i % 490 * interval '1 day' + i * interval '1 minute', 'done'
    from generate_series(1, 2000) as i;
    delete from atendimento where id % 7 = 0"""


def test_counts_to_date_are_filled_from_the_rollups_that_are_there_and_kept_from_then_on(other_app, empty_database):
    alembic.upgrade("0005")
    with psycopg.connect(empty_database["DATABASE_URL"]) as connection:
        connection.execute(FILLED)
    for _ in range(2):
        alembic.upgrade("0006")
        assert verify_rollups().count == 0
        with psycopg.connect(empty_database["DATABASE_URL"]) as connection:
            assert connection.execute("select count(*) from angel_to_date where total > 0").fetchone() == (
                3 * (14 + 24),
            )
            connection.execute("update atendimento set data_de_atendimento = data_de_atendimento + interval '40 days'")
            connection.execute("update atendimento set data_de_atendimento = data_de_atendimento - interval '40 days'")
        assert verify_rollups().count == 0
        alembic.downgrade("0005")
        with psycopg.connect(empty_database["DATABASE_URL"]) as connection:
            connection.execute("update atendimento set angel_id = 4 - angel_id where id % 3 = 0")
            connection.execute("update atendimento set angel_id = 4 - angel_id where id % 3 = 0")
    alembic.upgrade()
    assert verify_rollups().count == 0


OLD_IDS = """
    insert into angel (nome) values ('Ana');
    insert into polo (nome) values ('SP - SANTOS');
    insert into cliente (id) values (7), ({0}), (9000000000000021), (999999999999999999), (1000000000000000000);
    insert into atendimento (id, id_cliente, angel_id, polo_id, data_limite, status)
    select id, id, 1, 1, '2021-06-30', 'pending' from cliente"""
NEXT_IDS = "select nextval('atendimento_server_id_seq'), nextval('cliente_server_id_seq'), count(*) from atendimento"


@pytest.mark.parametrize(
    ("stored", "following"),
    [
        (8, 9_000_000_000_000_031),  # behind the highest in the range
        (2**53 - 1, 9_000_000_000_000_031),  # the end of the range is taken
        (2**53 - 700_000, 9_000_000_000_000_031),
        (9_006_000_000_000_000, 9_000_000_000_000_031),  # the wider gap is in front of it
        (9_002_000_000_000_000, 9_002_000_000_000_001),  # and here behind it
    ],
)
def test_the_servers_ids_begin_in_the_widest_gap_of_their_range_and_what_is_stored_stays(
    other_app, empty_database, stored, following
):
    alembic.upgrade("0012")
    with psycopg.connect(empty_database["DATABASE_URL"], autocommit=True) as connection:
        connection.execute(OLD_IDS.format(stored))
        for _ in range(2):
            alembic.upgrade("0013")
            assert connection.execute(NEXT_IDS).fetchone() == (following, following, 5)
            assert connection.execute(NEXT_IDS).fetchone() == (following + 10, following + 10, 5)
            # The version before draws from its own and moves it, as long as it runs beside this one.
            connection.execute("select setval('atendimento_id_seq', max(id)) from atendimento")
            assert connection.execute(NEXT_IDS).fetchone() == (following + 20, following + 20, 5)
            with pytest.raises(psycopg.DataError):
                connection.execute("select setval('atendimento_server_id_seq', 7)")
            alembic.downgrade("0012")


COMPOSED, DECOMPOSED = "João da Conceição", "Joa\u0303o da Conceic\u0327a\u0303o"
POLO, OTHER_FORM = "SP - SÃO PAULO", "SP - SA\u0303O PAULO"
TWO_FORMS = """
    insert into angel (id, nome) values (1, '{1}'), (2, 'Ana'), (3, '{0}'), (4, 'Jose\u0301');
    insert into polo (id, nome) values (1, '{3}'), (2, 'BA - ILHÉUS'), (3, '{2}');
    insert into cliente (id, nome, email, telefone) values
        (1, 'Jose\u0301', 'JOSE\u0301@x.br', '1'), (2, null, 'josé@x.br', null), (3, null, 'joa\u0303o@x.br', null),
        (4, 'Ana', 'ana@x.br', null);
    insert into app_user (id, username, email, password_hash, role, deleted_at) values
        (1, '\u1112\u1161\u11ab', 'jose\u0301@x.br', 'x', 'viewer', null), (2, '한', 'josé@x.br', 'x', 'admin', null),
        (3, 'ana', 'ana@x.br', 'x', 'viewer', null), (4, '\u1112\u1161\u11ab', null, 'x', 'viewer', now()),
        (5, '\u1112\u1161\u11ac', null, 'x', 'viewer', null);
    insert into atendimento (id, id_cliente, angel_id, polo_id, data_limite, data_de_atendimento, import_id, status)
    select
        i, 1, 1 + i % 4, 1 + i % 3, timestamp '2021-06-01' + i % 200 * interval '1 day' + interval '10 hours',
        timestamp '2021-06-01' + i % 190 * interval '1 day' + i * interval '1 minute', 7, 'done'
    from generate_series(1, 1200) as i;
    insert into import_history (import_id, id, id_cliente, data_limite, updated_at, angel_id, polo_id, status)
    values (7, 1, 1, now(), now(), 1, 1, 'pending'), (7, 2, 1, now(), now(), 2, 2, 'pending')"""


def test_names_that_differ_in_composition_alone_are_merged_and_told(other_app, empty_database, caplog):
    alembic.upgrade("0014")
    with psycopg.connect(empty_database["DATABASE_URL"], autocommit=True) as connection:
        connection.execute(TWO_FORMS.format(COMPOSED, DECOMPOSED, POLO, OTHER_FORM))
        before = connection.execute("select id, updated_at, created_at from atendimento order by id").fetchall()
        alembic.upgrade("0015")
        told = [record.getMessage() for record in caplog.records if record.name == "migrations"]
        assert told == [
            f"angel 1 was merged into 3 ({COMPOSED}) with 300 records",
            f"polo 1 was merged into 3 ({POLO}) with 400 records",
            "cliente 1 has no e-mail any more: cliente 2 has the same",
            "user 1 had the same e-mail as another user, and has a new one or none",
            "user 1 had the same username as another user, and has a new one or none",
        ]
        assert verify_rollups().count == 0

        def all_of(query: str) -> list[Any]:
            return connection.execute(query).fetchall()

        # 1 + i % 4 is 1, 2, 3, 4 for 300 records each; 1 + i % 3 is 1, 2, 3 for 400 each.
        assert all_of("select id, nome, (select count(*) from atendimento where angel_id = angel.id) from angel") == [
            (2, "Ana", 300), (3, COMPOSED, 600), (4, "José", 300),
        ]  # fmt: skip
        assert sorted(all_of("select nome, (select count(*) from atendimento where polo_id = polo.id) from polo")) == [
            ("BA - ILHÉUS", 400), (POLO, 800),
        ]  # fmt: skip
        assert all_of("select sum(total) from angel_month where angel_id = 3") == [(600,)]
        assert all_of("select count(*) from angel_day where angel_id = 1") == [(0,)]
        assert all_of("select angel_id, polo_id from import_history order by id") == [(3, 3), (2, 2)]
        assert all_of("select id, updated_at, created_at from atendimento order by id") == before
        assert all_of("select id, nome, email from cliente order by id") == [
            (1, "José", None), (2, None, "josé@x.br"), (3, None, "joão@x.br"), (4, "Ana", "ana@x.br"),
        ]  # fmt: skip
        assert all_of("select id, username, email from app_user order by id") == [
            (1, "한-1", None), (2, "한", "josé@x.br"), (3, "ana", "ana@x.br"), (4, "한", None), (5, "핝", None),
        ]  # fmt: skip
        merged = "select object_type, before ->> 'id', after ->> 'id' from audit_log where action = 'merge' order by id"
        assert all_of(merged) == [("angel", "1", "3"), ("polo", "1", "3")]
        lost = "select before ->> 'email' from audit_log where object_type = 'cliente' and object_id = '1'"
        assert all_of(lost) == [("JOSE\u0301@x.br",)]


def test_records_that_are_there_are_counted_on_the_way_up(other_app, empty_database):
    alembic.upgrade("0002")
    with psycopg.connect(empty_database["DATABASE_URL"], autocommit=True) as connection:
        connection.execute("insert into angel (nome) values ('Ana')")
        connection.execute("insert into polo (nome) values ('SP - SANTOS')")
        connection.execute("insert into cliente (id) values (1)")
        connection.execute(
            "insert into atendimento (id_cliente, data_limite, data_de_atendimento, angel_id, polo_id, status)"
            " select 1, '2021-06-30 23:59:59', timestamp '2021-06-01' + n * interval '1 day', 1, 1, 'done'"
            " from generate_series(1, 50) as n"
        )
    alembic.upgrade()
    assert verify_rollups().count == 0
    with psycopg.connect(empty_database["DATABASE_URL"]) as connection:
        assert connection.execute("select total_deliveries from angel_productivity").fetchall() == [(50,)]


def test_the_audit_log_keeps_its_entries_and_its_order_by_month_and_back(other_app, empty_database):
    entry = (
        "insert into audit_log (at, action, object_type, object_id) values ({}, 'create', 'angel', '{}') returning id"
    )
    kept = "select id, at, object_id from audit_log order by id"
    alembic.upgrade("0013")
    with psycopg.connect(empty_database["DATABASE_URL"], autocommit=True) as connection:
        # The last is of a server whose clock was ahead.
        for number, at in enumerate(["'2019-03-01'", "'2024-01-31 23:59:59+00'", "now()", "now() + interval '1 year'"]):
            connection.execute(entry.format(at, number))
        before = connection.execute(kept).fetchall()
        for version in ("0014", "0013", "0014"):
            (alembic.upgrade if version == "0014" else alembic.downgrade)(version)
            assert connection.execute(kept).fetchall() == before
            new = connection.execute(entry.format("now()", version)).fetchone()[0]
            assert new > before[-1][0]
            before = connection.execute(kept).fetchall()
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute("delete from audit_log")
        connection.execute("drop table audit_log_first")
        connection.execute(entry.format("now()", "after"))
        assert [row[2] for row in connection.execute(kept)] == ["after"]


def test_upgrades_at_once_wait_for_each_other(empty_database):
    with ThreadPoolExecutor(4) as pool:
        ended = list(pool.map(lambda _: flask_db_process(empty_database, "upgrade"), range(4)))
    assert [done.returncode for done in ended] == [0] * 4, ended
    assert flask_db(empty_database, "status").exit_code == 0


def test_a_database_that_newer_code_has_migrated_is_left_as_it_is(other_app, empty_database):
    """A deploy is undone by starting the image before it, and that one's `migrate` runs first."""
    alembic.upgrade()
    with psycopg.connect(empty_database["DATABASE_URL"]) as connection:
        connection.execute("update alembic_version set version_num = '9999'")
    done = flask_db(empty_database, "upgrade")
    assert (done.exit_code, done.stdout) == (
        0,
        "The database is at 9999, which is newer than this program: left as it is.\n",
    )
    assert flask_db(empty_database, "downgrade").exit_code == 1


def test_the_commands_say_where_the_database_is(empty_database):
    behind = flask_db(empty_database, "status")
    assert behind.exit_code == 1
    assert "flask db upgrade" in behind.stderr
    assert "nothing" in flask_db(empty_database, "current").stdout
    assert flask_db(empty_database, "upgrade", "0002").exit_code == 0
    assert "0002" in flask_db(empty_database, "current").stdout
    assert "* 0002" in flask_db(empty_database, "history").stdout
    assert flask_db(empty_database, "upgrade").exit_code == 0
    newest = flask_db(empty_database, "current").stdout
    for steps in ([], ["-2"]):
        assert flask_db(empty_database, "downgrade", *steps).exit_code == 0
    before = f"{int(newest) - 3:04}\n"
    assert flask_db(empty_database, "current").stdout == before
    assert flask_db(empty_database, "status").exit_code == 1


INDEX = """
from migrations.sql import build_index, drop_index

revision, down_revision, branch_labels, depends_on = "9999", "{head}", None, None


def upgrade():
    build_index("ix_atendimento_of_the_test", "atendimento (created_at) where deleted_at is null")


def downgrade():
    drop_index("ix_atendimento_of_the_test")
"""


@pytest.fixture
def with_an_index(empty_database, tmp_path) -> Iterator[Flask]:
    """The application with one more migration, which builds an index on a table that has rows."""
    shutil.copytree(ROOT / "migrations", tmp_path / "migrations")
    app = create_app(load_settings({**os.environ, **empty_database}))
    with app.app_context():
        alembic.upgrade()
        (head,) = alembic.heads()
    (tmp_path / "migrations" / "9999_add_index.py").write_text(INDEX.format(head=head.revision))
    app = create_app(load_settings({**os.environ, **empty_database}))
    app.config["ALEMBIC"]["script_location"] = str(tmp_path / "migrations")
    return app


def add_atendimento(connection: psycopg.Connection[Any], number: int) -> None:
    connection.execute("set lock_timeout = '2s'")
    connection.execute(
        "with c as (insert into cliente (id) values (%(n)s)),"
        " a as (insert into angel (nome) values ('Ana ' || %(n)s) returning id),"
        " p as (insert into polo (nome) values ('SP - ' || %(n)s) returning id)"
        " insert into atendimento (id, id_cliente, angel_id, polo_id, data_limite, status)"
        " select %(n)s, %(n)s, a.id, p.id, '2021-06-30', 'pending' from a, p",
        {"n": number},
    )


def indexes(environment: dict[str, str]) -> list[tuple[bool]]:
    with psycopg.connect(environment["DATABASE_URL"]) as connection:
        query = "select indisvalid from pg_index where indexrelid = to_regclass('ix_atendimento_of_the_test')"
        return connection.execute(query).fetchall()


def upgrade_of(app: Flask) -> None:
    with app.app_context():
        upgrade()


def test_an_index_is_built_while_others_write_and_others_migrate(with_an_index, empty_database):
    url = empty_database["DATABASE_URL"]
    with ThreadPoolExecutor(2) as pool, psycopg.connect(url) as writer, psycopg.connect(url, autocommit=True) as other:
        add_atendimento(writer, 1)  # not committed: the index has to wait for it
        upgrades = [pool.submit(upgrade_of, with_an_index) for _ in range(2)]
        wait_for(lambda: indexes(empty_database) == [(False,)])
        add_atendimento(other, 2)  # and keeps nobody waiting meanwhile
        assert not any(upgrade.done() for upgrade in upgrades)
        writer.commit()
        assert [upgrade.result(60) for upgrade in upgrades] == [None, None]
    assert indexes(empty_database) == [(True,)]
    with with_an_index.app_context():
        alembic.downgrade(-1)
    assert indexes(empty_database) == []


def test_an_index_that_was_left_half_built_is_built_anew(with_an_index, empty_database):
    with psycopg.connect(empty_database["DATABASE_URL"], autocommit=True) as connection:
        connection.execute("create index ix_atendimento_of_the_test on atendimento (created_at)")
        connection.execute(
            "update pg_index set indisvalid = false where indexrelid = 'ix_atendimento_of_the_test'::regclass"
        )
    upgrade_of(with_an_index)
    assert indexes(empty_database) == [(True,)]


def test_a_table_in_use_is_asked_for_again(other_app, empty_database, monkeypatch):
    monkeypatch.setattr("migrations.sql.LOCK_TIMEOUT", "set local lock_timeout = '100ms'")
    monkeypatch.setattr(migrations, "PAUSE_SECONDS", 0.1)
    alembic.upgrade("0001")
    url = empty_database["DATABASE_URL"]
    with psycopg.connect(url) as user:
        user.execute("create table atendimento ()")  # what the next migration makes: it waits for this one's end
        with ThreadPoolExecutor(1) as pool:
            upgraded = pool.submit(upgrade_of, other_app)
            with pytest.raises(TimeoutError):
                upgraded.result(2)
            user.rollback()
            upgraded.result(60)
    assert flask_db(empty_database, "status").exit_code == 0


def test_a_table_that_is_always_in_use_ends_the_upgrade(other_app, empty_database, monkeypatch):
    monkeypatch.setattr("migrations.sql.LOCK_TIMEOUT", "set local lock_timeout = '50ms'")
    monkeypatch.setattr(migrations, "PAUSE_SECONDS", 0)
    monkeypatch.setattr(migrations, "TRIES", 2)
    with psycopg.connect(empty_database["DATABASE_URL"]) as user:
        user.execute("create table app_user ()")
        with pytest.raises((psycopg.errors.LockNotAvailable, OperationalError)):
            upgrade()
        user.rollback()
    alembic.upgrade()
    assert alembic.compare_metadata() == []


def test_the_next_revision_follows_the_newest_in_its_name_and_its_place(empty_database, tmp_path):
    for name in ("src", "migrations"):
        shutil.copytree(ROOT / name, tmp_path / name)
    head = max((tmp_path / "migrations").glob("[0-9]*.py")).name[:4]
    number = f"{int(head) + 1:04}"
    done = flask_db_process(empty_database, "revision", "add a colour", cwd=tmp_path)
    assert str(tmp_path / "migrations" / f"{number}_add_a_colour.py") in done.stdout, done.stderr
    for name, statement in (("v1", "alter table polo add colour text"), ("down", "alter table polo drop colour")):
        (tmp_path / "migrations" / "sql" / f"{number}_{name}.sql").write_text(statement)
    for command, at in (("upgrade", number), ("downgrade", head)):
        assert flask_db_process(empty_database, command, cwd=tmp_path).stdout == f"The database is at {at}.\n"


def test_reset_asks_first(empty_database):
    flask_db(empty_database, "upgrade")
    with psycopg.connect(empty_database["DATABASE_URL"], autocommit=True) as connection:
        connection.execute("insert into angel (nome) values ('Ana')")
        assert flask_db(empty_database, "reset", answer="n\n").exit_code == 1
        assert connection.execute("select count(*) from angel").fetchone() == (1,)
        assert flask_db(empty_database, "reset", answer="y\n").exit_code == 0
        assert connection.execute("select count(*) from angel").fetchone() == (0,)


def test_after_a_reset_the_first_admin_can_log_in_again(empty_database):
    said = flask_db(empty_database, "reset", "--yes").stdout
    assert "Log in as admin, with the password in ADMIN_PASSWORD." in said
    with psycopg.connect(empty_database["DATABASE_URL"]) as connection:
        assert connection.execute("select username, role from app_user").fetchall() == [("admin", "admin")]


def test_a_reset_that_knows_no_admin_says_how_to_make_one(empty_database):
    done = flask_db({**empty_database, "ADMIN_PASSWORD": ""}, "reset", "--yes")
    assert done.exit_code == 0
    assert "flask users ensure-admin" in done.stdout


def test_migrations_import_nothing_of_the_program():
    for path in (ROOT / "migrations").rglob("*.py"):
        assert "src" not in {
            line.split()[1].split(".")[0]
            for line in path.read_text().splitlines()
            if line.startswith(("import ", "from "))
        }, path
