"""Imports as jobs: claimed once, handed back, cancelled, swept; nothing of one that did not complete stays."""

from __future__ import annotations

import os
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import psycopg
import pytest
import redis

from src.config import NUMBERS
from src.database import database_url
from src.repositories import jobs, staging
from src.repositories.first_load import FirstLoad
from src.services import heartbeat, load_atendimentos, run_import
from src.services import sweep as sweeper
from src.services.imports import cancel_import
from src.services.storage import uploads
from src.services.sweep import sweep
from tests.e2e.running import wait_for
from tests.integration.imports.conftest import counts

LONG = ("import_lease_seconds", "failed_upload_days", "import_history_days")
ANA = "1;10;Ana;BA - FEIRA DE SANTANA;30/06/2021;29/06/2021 12:57:19"
MANY = tuple(
    f"{n};{n % 50 + 1};Angel {n % 7};SP - {n % 3};30/06/2021;{n % 28 + 1:02}/06/2021 10:00" for n in range(1, 5001)
)


@pytest.fixture
def interrupted(monkeypatch):
    """Call a function right before the staged rows are merged, or the filled table gets its indexes."""

    def at_merge(function):
        for module, name in ((staging, "merge"), (FirstLoad, "add_indexes")):
            original = getattr(module, name)
            monkeypatch.setattr(module, name, lambda *a, _original=original, **k: (function(), _original(*a, **k)))

    return at_merge


def stored(request, imports, lines) -> dict:
    """Store a record if the test wants the staged way; return what is stored."""
    if request:
        imports.run(lines(ANA))
    return imports.dump()


def test_an_import_that_has_ended_is_not_run_again(imports, lines):
    row = imports.run(lines(ANA))
    imports.connection.execute("delete from atendimento")
    again = imports.run_queued(row["id"])
    assert again == row
    assert imports.dump()["atendimento"] == []


def test_one_message_delivered_five_times_at_once_runs_once(imports, lines):
    import_id = imports.queue(lines(*MANY))
    with ThreadPoolExecutor(5) as pool:
        list(pool.map(lambda _: imports.app.app_context().__enter__() and run_import.run_import(import_id), range(5)))
    row = imports.row(import_id)
    assert (row["status"], row["attempts"], counts(row)) == ("completed", 1, {"read": 5000, "inserted": 5000})


@pytest.mark.parametrize("staged", [False, True])
def test_a_lost_connection_hands_the_import_back_and_leaves_nothing(imports, lines, interrupted, staged):
    before = stored(staged, imports, lines)
    import_id = imports.queue(lines(*MANY))
    interrupted(
        lambda: imports.connection.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid()"
            " and xact_start is not null"
            " and datname = current_database() and state = 'idle in transaction'"
        )
    )
    row = imports.run_queued(import_id)
    assert (row["status"], row["attempts"], row["error"]) == ("queued", 1, None)
    assert imports.dump() == before


def test_after_three_attempts_an_import_fails_with_a_sentence(imports, lines, monkeypatch):
    def broken(load):
        raise RuntimeError("a bug")

    monkeypatch.setitem(run_import.LOADERS, "atendimentos", broken)
    import_id = imports.queue(lines(ANA))
    rows = [imports.run_queued(import_id) for _ in range(3)]
    assert [row["status"] for row in rows] == ["queued", "queued", "failed"]
    assert "3 times" in rows[-1]["error"]
    assert "bug" not in rows[-1]["error"]
    monkeypatch.undo()
    assert imports.run(lines(ANA))["status"] == "completed"


def test_a_worker_told_to_stop_stops_though_the_database_is_away(imports, lines, monkeypatch, app_with):
    def away(*_, **__):
        raise psycopg.OperationalError("the database is away")

    def told_to_stop(load):
        app_with(database_url="postgresql://127.0.0.1:1/nowhere")
        monkeypatch.setattr(psycopg.Connection, "cancel_safe", away)
        raise SystemExit

    monkeypatch.setitem(run_import.LOADERS, "atendimentos", told_to_stop)
    import_id = imports.queue(lines(ANA))
    with pytest.raises(SystemExit):
        imports.run_queued(import_id)
    assert imports.row(import_id)["status"] == "running"  # the sweep takes it back


@pytest.mark.parametrize("staged", [False, True])
def test_nothing_of_a_cancelled_import_stays(imports, lines, interrupted, staged):
    before = stored(staged, imports, lines)
    import_id = imports.queue(lines(*MANY, "x"))
    interrupted(
        lambda: imports.connection.execute("update import set cancel_requested_at = now() where id = %s", (import_id,))
    )
    row = imports.run_queued(import_id)
    assert (row["status"], counts(row)) == ("cancelled", {})
    assert imports.dump() == before
    assert imports.rejections(import_id) == []


def test_a_cancel_interrupts_a_statement_that_takes_long(imports, lines, interrupted, settings):
    """The merge waits for another transaction here; the heartbeat must reach it there."""
    imports.run(lines(ANA))
    before = imports.dump()
    import_id = imports.queue(lines(*MANY))
    with psycopg.connect(database_url(settings)) as other:
        other.execute("select pg_advisory_xact_lock(%s, %s)", staging.MERGE_GATE)
        runner = threading.Thread(target=imports.run_queued, args=(import_id,))
        runner.start()
        wait_for(lambda: imports.row(import_id)["rows_read"] > 0)
        imports.connection.execute("update import set cancel_requested_at = now() where id = %s", (import_id,))
        runner.join(90)
        assert imports.row(import_id)["status"] == "cancelled"
    assert imports.dump() == before


@pytest.mark.parametrize("staged", [False, True])
def test_an_import_that_lost_its_lease_leaves_no_trace(imports, lines, interrupted, staged):
    before = stored(staged, imports, lines)
    import_id = imports.queue(lines(*MANY))
    interrupted(
        lambda: imports.connection.execute(
            "update import set lease_token = gen_random_uuid() where id = %s", (import_id,)
        )
    )
    row = imports.run_queued(import_id)
    assert (row["status"], row["attempts"]) == ("running", 1)
    assert imports.dump() == before


def test_a_cancel_that_does_not_reach_the_load_is_tried_again(imports, lines, settings, monkeypatch):
    class Loading:
        tried = 0

        def cancel_safe(self, timeout):
            self.tried += 1
            if self.tried == 1:
                raise psycopg.OperationalError("too many connections for another one")

    def connect():
        return psycopg.connect(database_url(settings), autocommit=True)

    monkeypatch.setattr(heartbeat, "INTERVAL_SECONDS", 0.02)
    import_id, loading = imports.queue(lines(ANA)), Loading()
    with connect() as connection:
        held = jobs.claim(connection, import_id, uuid.uuid4(), 30)
    imports.connection.execute("update import set cancel_requested_at = now() where id = %s", (import_id,))
    with heartbeat.Heartbeat(held, jobs.RowCounts(), 30, connect, loading) as beat:
        wait_for(lambda: loading.tried == 2)
        with pytest.raises(heartbeat.ImportCancelled):
            beat.check()


def test_the_heartbeat_extends_the_lease_and_shows_progress(imports, lines, monkeypatch):
    monkeypatch.setattr(heartbeat, "INTERVAL_SECONDS", 0.02)
    seen = []
    original = staging.compare

    def slow(*args):
        wait_for(lambda: imports.row(import_id)["rows_read"] == 5000)
        seen.append(imports.row(import_id))
        return original(*args)

    monkeypatch.setattr(staging, "compare", slow)
    imports.run(lines(ANA))
    import_id = imports.queue(lines(*MANY))
    imports.run_queued(import_id)
    assert seen[0]["rows_read"] == 5000
    assert 0 < seen[0]["progress"] <= 1
    assert seen[0]["lease_expires_at"] > seen[0]["started_at"]


def test_the_lease_is_extended_until_the_repeated_ids_of_a_first_load_are_merged(imports, lines, monkeypatch, app_with):
    """They are merged after the swap, which once was the end of the heartbeat."""
    app_with(import_lease_seconds=5)
    import_id = imports.queue(lines(*MANY, *MANY))
    merge = load_atendimentos._LateRows.merge

    def outlive_the_lease(*args):
        given = imports.row(import_id)["lease_expires_at"]
        wait_for(lambda: imports.row(import_id)["lease_expires_at"] > given + timedelta(seconds=5), 30)
        sweep()
        merge(*args)

    monkeypatch.setattr(load_atendimentos._LateRows, "merge", outlive_the_lease)
    row = imports.run_queued(import_id)
    assert (row["status"], row["attempts"]) == ("completed", 1)
    assert counts(row) == {"read": 10_000, "inserted": 5000, "superseded": 5000}


def test_the_heartbeat_does_not_wait_for_a_lock_of_the_swap(imports, lines, monkeypatch):
    """The load waits for the heartbeat in turn, and no server detects that deadlock."""
    waits = "select exists (select from pg_locks where not granted and relation = 'import'::regclass)"
    take_place = FirstLoad.take_place

    def wait_for_a_beat(self):
        wait_for(lambda: imports.connection.execute(waits).fetchone()[0])
        take_place(self)

    imports.connection.execute(
        "alter table atendimento add constraint own foreign key (import_id) references import (id)"
    )
    try:
        monkeypatch.setattr(FirstLoad, "take_place", wait_for_a_beat)
        row = imports.run(lines(*MANY))
    finally:
        imports.connection.execute("alter table atendimento drop constraint own")
    assert (row["status"], row["attempts"], counts(row)) == ("completed", 1, {"read": 5000, "inserted": 5000})


def test_the_file_is_removed_after_completion_and_kept_after_a_failure(imports, lines, upload_folder):
    imports.run(lines(ANA))
    assert list(upload_folder.iterdir()) == []
    imports.run("nothing of use\n")
    assert len(list(upload_folder.iterdir())) == 1


def test_a_file_that_is_gone_fails_the_import_with_a_sentence(imports, lines):
    import_id = imports.queue(lines(ANA))
    with imports.app.app_context():
        uploads().remove(imports.row(import_id)["storage_key"])
    row = imports.run_queued(import_id)
    assert row["status"] == "failed"
    assert "Upload it again" in row["error"]


@pytest.mark.parametrize(
    ("attempts", "cancelled", "status"), [(1, False, "queued"), (3, False, "failed"), (1, True, "cancelled")]
)
def test_the_sweep_takes_back_what_the_dead_held(imports, lines, upload_folder, attempts, cancelled, status):
    import_id = imports.queue(lines(ANA))
    imports.connection.execute(
        "update import set status = 'running', lease_token = gen_random_uuid(), attempts = %s,"
        " lease_expires_at = now() - interval '1 s', cancel_requested_at = case when %s then now() end where id = %s",
        (attempts, cancelled, import_id),
    )
    with imports.app.app_context():
        sweep()
    row = imports.row(import_id)
    assert row["status"] == status
    assert (row["error"] is not None) == (status == "failed")
    assert len(list(upload_folder.iterdir())) == (status != "cancelled")
    if status == "queued":
        assert imports.run_queued(import_id)["status"] == "completed"


def test_the_sweep_bears_a_clock_that_was_set_back_by_an_hour(imports, lines):
    held, sent = imports.queue(lines(ANA)), imports.queue(lines(ANA))
    imports.connection.execute(
        "update import set status = 'running', lease_token = gen_random_uuid(), attempts = 1,"
        " lease_expires_at = now() + interval '1 hour' where id = %s",
        (held,),
    )
    imports.connection.execute("update import set sent_at = now() + interval '1 hour' where id = %s", (sent,))
    broker = redis.Redis.from_url(imports.app.config["SETTINGS"].redis_url)
    with imports.app.app_context():
        sweep()
    assert imports.row(held)["status"] == "queued"
    assert broker.llen("imports") == 2
    for import_id in (held, sent):
        assert imports.run_queued(import_id)["status"] == "completed"


NOT_VALID_KEYS = {
    "of another schema": "create table other.own (id bigint); insert into other.own values (1);"
    "create table other.parent (id bigint primary key);"
    "alter table other.own add foreign key (id) references other.parent (id) not valid",
    "of another schema to ours": "create table other.own (id bigint); insert into other.own values (99);"
    "alter table other.own add foreign key (id) references public.cliente (id) not valid",
    "of a table beside ours": "create table own (id bigint); insert into own values (-1);"
    "alter table own add foreign key (id) references atendimento (id) not valid",
    "of the records": "create table other.parent (id bigint primary key);"
    "alter table atendimento add constraint own_key foreign key (import_id) references other.parent (id) not valid",
}


@pytest.mark.parametrize("key", NOT_VALID_KEYS)
def test_the_sweep_leaves_a_foreign_key_of_somebody_elses_as_it_is(imports, lines, settings, key):
    ours = imports.run(lines(*MANY))
    assert ours["status"] == "completed"
    not_valid = "select conrelid::regclass::text, conname from pg_constraint where contype = 'f' and not convalidated"
    imports.connection.execute("create schema other")
    try:
        imports.connection.execute(NOT_VALID_KEYS[key])
        before = imports.connection.execute(not_valid).fetchall()
        imports.connection.execute(
            "alter table atendimento drop constraint fk_atendimento_polo_id_polo, add constraint"
            " fk_atendimento_polo_id_polo foreign key (polo_id) references polo (id) not valid"
        )
        import_id = imports.queue(lines(ANA))
        imports.connection.execute("update import set sent_at = '2020-01-01' where id = %s", (import_id,))
        with imports.app.app_context():
            sweep()
        assert imports.connection.execute(not_valid).fetchall() == before
        assert redis.Redis.from_url(settings.redis_url).llen("imports") == 1
    finally:
        imports.connection.execute("alter table atendimento drop constraint if exists own_key")
        imports.connection.execute("drop schema other cascade; drop table if exists own")


@pytest.mark.parametrize("table", ["idempotency", "login_session", "import_history", "cliente"])
def test_a_step_of_the_sweep_that_fails_stops_no_other(imports, lines, settings, upload_folder, monkeypatch, table):
    """Somebody holds a table, or has put a trigger on it that raises."""
    monkeypatch.setattr(sweeper, "LOCK_WAIT_SECONDS", 0.1)
    imports.run(lines(ANA))
    import_id = imports.queue(lines(ANA))
    imports.connection.execute("update import set sent_at = '2020-01-01' where id = %s", (import_id,))
    (upload_folder / "0123.part").write_text("begun and left by a killed process")
    os.utime(upload_folder / "0123.part", (0, 0))
    with psycopg.connect(database_url(settings)) as other, imports.app.app_context():
        other.execute(f"lock table {table} in access exclusive mode")
        sweep()
    assert redis.Redis.from_url(settings.redis_url).llen("imports") == 1
    assert not (upload_folder / "0123.part").exists()


def test_the_sweep_takes_back_what_a_session_with_rejections_of_a_vanished_host_holds(imports, lines, settings):
    """Its server does not know yet that it is gone: the rejections' foreign key holds KEY SHARE on the import."""
    import_id = imports.queue(lines(ANA))
    with psycopg.connect(database_url(settings)) as vanished, imports.app.app_context():
        vanished.execute(
            "insert into import_rejection (import_id, line, code, reason, raw) values (%s, 2, 'x', 'x', 'x')",
            (import_id,),
        )
        imports.connection.execute(
            "update import set status = 'running', lease_token = gen_random_uuid(), attempts = 1,"
            " lease_expires_at = now() - interval '1 s' where id = %s",
            (import_id,),
        )
        sweep()
        assert imports.row(import_id)["status"] == "queued"
        imports.connection.execute("update import set sent_at = '2020-01-01' where id = %s", (import_id,))
        redis.Redis.from_url(settings.redis_url).flushdb()
        sweep()
        assert redis.Redis.from_url(settings.redis_url).llen("imports") == 1


def test_an_upload_is_old_by_the_clock_of_its_folder(imports, upload_folder, monkeypatch):
    upload_folder.mkdir(exist_ok=True)
    (upload_folder / "0123.part").write_text("being written")
    monkeypatch.setattr(time, "time", lambda: time.time_ns() / 1e9 + 7200)
    with imports.app.app_context():
        assert uploads().older_than(3600) == []


def test_the_sweep_leaves_a_living_lease_alone(imports, lines):
    import_id = imports.queue(lines(ANA))
    with imports.app.app_context(), psycopg.connect(database_url(imports.app.config["SETTINGS"])) as connection:
        assert jobs.claim(connection, import_id, uuid.uuid4(), 30)
        connection.commit()
        sweep()
    assert imports.row(import_id)["status"] == "running"


def test_the_sweep_works_with_the_longest_times_that_may_be_set(imports, lines, upload_folder, app_with):
    app = app_with(**{name: NUMBERS[name.upper()][2] for name in LONG})
    failed = imports.queue("no rows")
    assert imports.run_queued(failed)["status"] == "failed"
    kept = list(upload_folder.iterdir())
    os.utime(kept[0], (1, 1))
    with app.app_context():
        sweep()
    assert list(upload_folder.iterdir()) == kept
    assert imports.run(lines(ANA))["status"] == "completed"


def test_the_sweep_sends_again_what_the_broker_forgot(imports, lines, settings):
    import_id = imports.queue(lines(ANA))
    broker = redis.Redis.from_url(settings.redis_url)
    with imports.app.app_context():
        sweep()
        assert broker.llen("imports") == 0  # it was sent a moment ago
        imports.connection.execute("update import set sent_at = now() - interval '1 hour' where id = %s", (import_id,))
        sweep()
        assert broker.llen("imports") == 1
        sweep()
        assert broker.llen("imports") == 1


def test_imports_at_once_end_as_if_one_came_after_the_other(imports, lines):
    """Overlapping files, the first of them into the empty table."""
    files = [lines(*(row.replace("Angel", f"Angel {f}") for row in MANY[f * 500 : f * 500 + 2500])) for f in range(6)]
    ids = [imports.queue(file) for file in files]
    with ThreadPoolExecutor(6) as pool:
        rows = list(pool.map(imports.run_queued, ids))
    assert {row["status"] for row in rows} == {"completed"}
    assert len(imports.dump()["atendimento"]) == 5000
    # The one that merged last has all of its rows as it wrote them.
    last = max(rows, key=lambda row: row["finished_at"])
    mine = imports.connection.execute(
        "select count(*) from atendimento join angel on angel.id = angel_id where nome like %s",
        (f"Angel {ids.index(last['id'])} %",),
    ).fetchone()
    assert mine == (2500,)
    totals = imports.connection.execute(
        "select (select sum(total) from angel_day), (select sum(total) from polo_month)"
    ).fetchone()
    assert totals == (5000, 5000)


def test_the_sweep_removes_files_that_nobody_will_read(imports, lines, upload_folder):
    queued = imports.row(imports.queue(lines(ANA)))["storage_key"]
    failed = imports.run("nothing of use\n")["storage_key"]
    long_failed = imports.run("nothing of use at all\n")
    imports.connection.execute(
        "update import set finished_at = now() - interval '8 days' where id = %s", (long_failed["id"],)
    )
    (upload_folder / "0123.part").write_text("begun and left by a killed process")
    (upload_folder / "4567").write_text("kept by a process that was killed before it wrote the import")
    for path in upload_folder.iterdir():
        os.utime(path, (0, 0))
    (upload_folder / "89ab.part").write_text("being written")
    with imports.app.app_context():
        sweep()
    assert {path.name for path in upload_folder.iterdir()} == {queued, failed, "89ab.part"}


@pytest.mark.parametrize("staged", [False, True])
def test_a_cancel_does_not_wait_for_a_load_that_has_refused_rows(imports, lines, interrupted, staged):
    before = stored(staged, imports, lines)
    import_id = imports.queue(lines("x", *MANY))

    def cancel():
        assert imports.row(import_id)["status"] == "running"
        cancel_import(import_id)

    interrupted(cancel)
    row = imports.run_queued(import_id)
    assert (row["status"], counts(row)) == ("cancelled", {})
    assert imports.dump() == before
