"""Many new records on top of stored ones: inserted at once, with the indexes built afterwards, or in place."""

from __future__ import annotations

import random
import threading

import psycopg
import pytest

from src.database import database_url
from src.repositories import rebuild, staging
from src.services import insert_records
from src.services.sample_data import Variation, write_sample
from src.services.verify import verify_rollups
from tests.integration.imports.conftest import HEADER, counts

STORED, NEW = 800, 2500
ZOE = f"9999999;1;Zoe;{'SP - CAMPINAS'};30/06/2021;29/06/2021 10:00"
OWN_TRIGGER = """
    create table noted (id bigint);
    create function note() returns trigger language plpgsql as
    'begin insert into noted values (new.id); return null; end';
    create trigger note after insert on atendimento for each row execute function note()
"""
DROP_OWN_TRIGGER = "drop function if exists note() cascade; drop table if exists noted"


@pytest.fixture
def stored_file(tmp_path) -> bytes:
    write_sample(tmp_path / "stored.csv", rows=STORED)
    return (tmp_path / "stored.csv").read_bytes()


@pytest.fixture
def new_file(tmp_path, stored_file) -> bytes:
    """A file with new rows, repeated rows, and some of the stored ones, of which every other has another visit."""
    chance = random.Random(7)
    variation = Variation(first_id=STORED // 2, population=STORED * 2, duplicates=60)
    write_sample(tmp_path / "new.csv", rows=NEW, variation=variation)
    again = [line for line in stored_file.splitlines()[1:] if chance.random() < 0.4]
    moved = [line.rsplit(b";", 1)[0] + b";03/03/2021 08:00" for line in again[::2]]
    lines = [*(tmp_path / "new.csv").read_bytes().splitlines()[1:], *again[1::2], *moved]
    chance.shuffle(lines)
    return HEADER.encode() + b"\n".join(lines) + b"\n"


@pytest.fixture
def stored(imports, stored_file):
    """Store records, some of which are then cancelled, deleted or both. Call it to do so again."""

    def store() -> None:
        imports.truncate()
        imports.run(stored_file)
        imports.connection.execute("update atendimento set status = 'cancelled' where id % 7 = 0")
        imports.connection.execute("update atendimento set deleted_at = '2022-01-01' where id % 5 = 0")

    store()
    return store


@pytest.fixture
def few_are_many(monkeypatch):
    monkeypatch.setattr(insert_records, "MIN_NEW", 1)


@pytest.fixture
def without_bypass(imports):
    """A trigger of somebody's own, which must see every record: the session may not act as a replica."""
    imports.connection.execute(OWN_TRIGGER)
    yield
    imports.connection.execute(DROP_OWN_TRIGGER)


@pytest.fixture(params=["bypass", "drop"])
def way(request) -> str:
    """How foreign keys and triggers are kept from being asked."""
    if request.param == "drop":
        request.getfixturevalue("without_bypass")
    return request.param


@pytest.fixture
def while_locked(monkeypatch):
    """Call a function with the load's connection when the records are inserted and no index is there yet."""

    def call(function):
        original = staging.insert

        def insert(connection, import_id):
            original(connection, import_id)
            function(connection)

        monkeypatch.setattr(staging, "insert", insert)

    return call


@pytest.fixture
def other(settings):
    """Another session."""
    with psycopg.connect(database_url(settings)) as connection:
        yield connection


def assert_verified(imports):
    with imports.app.app_context():
        assert verify_rollups().count == 0


def at_once(row) -> bool:
    """Say whether the import inserted at once to the end."""
    return "locked" in row["timings"] and "insert" not in row["timings"]


@pytest.mark.parametrize("mode", ["upsert", "insert"])
def test_at_once_and_in_place_give_the_same_tables(imports, stored, new_file, way, few_are_many, mode, monkeypatch):
    schema = imports.schema()
    row = imports.run(new_file, mode=mode)
    assert (row["status"], at_once(row)) == ("completed", True)
    assert counts(row).keys() >= {"read", "inserted", "unchanged", "superseded", "rejected"}
    found = imports.dump()
    assert_verified(imports)
    assert imports.schema() == schema
    mine = imports.connection.execute(
        "select count(*), count(distinct created_at) from atendimento where import_id = %s", (row["id"],)
    ).fetchone()
    assert mine[0] == row["rows_inserted"] + row["rows_updated"]

    monkeypatch.setattr(insert_records, "MIN_NEW", 10**9)
    stored()
    in_place = imports.run(new_file, mode=mode)
    assert "insert" in in_place["timings"]
    assert counts(in_place) == counts(row)
    assert imports.dump() == found
    assert imports.schema() == schema
    assert_verified(imports)


def test_what_is_inserted_at_once_is_found_through_every_index(imports, stored, new_file, few_are_many):
    row = imports.run(new_file)
    assert at_once(row)
    imports.connection.execute("set enable_seqscan = off")
    for condition in ("angel_id > 0", "polo_id > 0", "id_cliente > 0", "id > 0"):
        query = f"select count(*) from atendimento where {condition}"
        assert imports.connection.execute(query).fetchone()[0] == len(imports.dump()["atendimento"]), condition
    pending = "select count(*) from atendimento where status <> 'done' and deleted_at is null and data_limite > '1-1-1'"
    expected = sum(row[6] != "done" and row[7] is None for row in imports.dump()["atendimento"])
    assert imports.connection.execute(pending).fetchone()[0] == expected > 0


def test_few_new_records_are_inserted_in_place(imports, stored, new_file):
    row = imports.run(new_file)
    assert ("insert" in row["timings"], "locked" in row["timings"]) == (True, False)


def test_a_dry_run_changes_nothing(imports, stored, new_file, few_are_many):
    before = imports.dump(), imports.schema()
    row = imports.run(new_file, dry_run=True)
    assert row["rows_inserted"] > 1000
    assert (imports.dump(), imports.schema()) == before


def test_a_trigger_of_somebody_elses_sees_every_record(imports, stored, new_file, without_bypass, few_are_many):
    row = imports.run(new_file)
    assert at_once(row)
    noted = imports.connection.execute("select count(*) from noted").fetchone()
    assert noted == (row["rows_inserted"],)


def test_a_rule_of_somebody_elses_sees_every_record(imports, stored, new_file, few_are_many):
    imports.connection.execute(
        "create table noted (id bigint);"
        "create rule note as on insert to atendimento do also insert into noted values (new.id)"
    )
    try:
        row = imports.run(new_file)
        noted = imports.connection.execute("select count(*) from noted").fetchone()
    finally:
        imports.connection.execute("drop rule note on atendimento; drop table noted")
    assert (at_once(row), noted) == (True, (row["rows_inserted"],))


def test_a_foreign_key_of_somebody_elses_is_asked_and_keeps_its_comment(imports, stored, new_file, few_are_many):
    key = (
        "select pg_get_constraintdef(oid), convalidated, obj_description(oid) from pg_constraint where conname = 'own'"
    )
    imports.connection.execute(
        "create table allowed (id bigint primary key);"
        "insert into allowed select distinct import_id from atendimento;"
        "alter table atendimento add constraint own foreign key (import_id) references allowed (id);"
        "comment on constraint own on atendimento is 'ours'"
    )
    try:
        before = imports.connection.execute(key).fetchall()
        row = imports.run(new_file)
        assert (row["status"], row["rows_inserted"]) == ("queued", 0)
        imports.connection.execute("insert into allowed values (%s)", (row["id"],))
        assert at_once(imports.run_queued(row["id"]))
        assert imports.connection.execute(key).fetchall() == before
    finally:
        imports.connection.execute("alter table atendimento drop constraint own; drop table allowed")


def test_an_index_that_something_hangs_on_stays(imports, stored, new_file, few_are_many, while_locked):
    imports.connection.execute("comment on index ix_atendimento_angel_id is 'dear to somebody'")
    seen = []
    query = "select indexrelid::regclass::text from pg_index where indrelid = 'atendimento'::regclass order by 1"
    while_locked(lambda loading: seen.extend(name for (name,) in loading.execute(query)))
    try:
        assert at_once(imports.run(new_file))
    finally:
        imports.connection.execute("comment on index ix_atendimento_angel_id is null")
    assert seen == ["ix_atendimento_angel_id", "pk_atendimento"]


def test_a_reader_that_holds_the_table_does_not_hold_up_the_import(
    imports, stored, new_file, other, few_are_many, monkeypatch
):
    monkeypatch.setattr(rebuild, "LOCK_TRIES", 2)
    before = imports.schema()
    count = other.execute("select count(*) from atendimento").fetchone()
    row = imports.run(new_file)
    assert (row["status"], "insert" in row["timings"]) == ("completed", True)
    assert other.execute("select count(*) from atendimento").fetchone() > count  # it goes on, unharmed
    assert imports.schema() == before
    assert_verified(imports)


def test_a_writer_that_has_read_and_waits_for_the_import_is_not_waited_for(
    imports, stored, new_file, other, few_are_many, monkeypatch
):
    """It would be a deadlock, and one of the two would fail."""
    monkeypatch.setattr(rebuild, "LOCK_TRIES", 2)
    other.execute("select count(*) from atendimento")
    writer = threading.Thread(target=other.execute, args=("update atendimento set updated_at = now()",))
    original = rebuild.add_to_rollups

    def start_writing(connection):
        writer.start()
        original(connection)

    monkeypatch.setattr(rebuild, "add_to_rollups", start_writing)
    row = imports.run(new_file)
    writer.join(90)
    other.commit()
    assert (row["status"], "insert" in row["timings"]) == ("completed", True)
    assert_verified(imports)


def test_readers_are_not_locked_out_for_longer_than_allowed(imports, stored, new_file, few_are_many, monkeypatch):
    expected = imports.run(new_file)
    found, schema = imports.dump(), imports.schema()
    assert at_once(expected)
    stored()
    monkeypatch.setattr(insert_records, "MAX_LOCKED_SECONDS", 0)
    row = imports.run(new_file)
    assert (row["status"], "insert" in row["timings"]) == ("completed", True)
    assert counts(row) == counts(expected)
    assert (imports.dump(), imports.schema()) == (found, schema)
    assert_verified(imports)


def test_indicators_answer_while_the_records_are_locked(imports, stored, new_file, other, few_are_many, while_locked):
    other.execute("set lock_timeout = '100ms'")

    def read(_):
        for table in ("angel", "polo", "cliente", "angel_day", "angel_month", "polo_day", "polo_month", "import"):
            other.execute(f"select count(*) from {table}")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            other.execute("select count(*) from atendimento")
        other.rollback()

    while_locked(read)
    assert at_once(imports.run(new_file))


def test_a_snapshot_from_before_still_sees_what_was(imports, stored, new_file, other, few_are_many, way):
    before = imports.dump()["atendimento"]
    other.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
    other.execute("select 1 from import limit 1")  # the snapshot is taken, and no lock on the records
    assert at_once(imports.run(new_file))
    other.execute("set enable_seqscan = off")
    for condition in ("id > 0", "polo_id > 0"):
        count = other.execute(f"select count(*) from atendimento where {condition}").fetchone()
        assert count == (len(before),)
    other.rollback()


def test_nothing_of_an_import_that_is_cancelled_while_it_locks_stays(
    imports, stored, new_file, way, few_are_many, while_locked
):
    """The heartbeat interrupts the statement, and that must not be taken for one that took too long."""
    before = imports.dump(), imports.schema()
    import_id = imports.queue(new_file)

    def cancel(loading):
        imports.connection.execute("update import set cancel_requested_at = now() where id = %s", (import_id,))
        loading.execute("set local statement_timeout = 0")
        loading.execute("select pg_sleep(3600)")

    while_locked(cancel)
    row = imports.run_queued(import_id)
    assert (row["status"], counts(row)) == ("cancelled", {})
    assert (imports.dump(), imports.schema()) == before


@pytest.mark.parametrize("ending", ["killed", "told to stop"])
def test_an_import_that_ends_while_it_locks_leaves_all_as_it_was_and_runs_again(
    imports, stored, new_file, way, few_are_many, while_locked, monkeypatch, ending
):
    before = imports.dump(), imports.schema()
    import_id = imports.queue(new_file)

    def end(loading):
        if ending == "told to stop":
            raise SystemExit
        imports.connection.execute("select pg_terminate_backend(%s)", (loading.info.backend_pid,))

    while_locked(end)
    if ending == "told to stop":
        with pytest.raises(SystemExit):
            imports.run_queued(import_id)
    else:
        imports.run_queued(import_id)
    row = imports.row(import_id)
    assert (row["status"], row["attempts"]) == ("queued", 0 if ending == "told to stop" else 1)
    assert (imports.dump(), imports.schema()) == before
    monkeypatch.undo()
    assert imports.run_queued(import_id)["status"] == "completed"
    assert_verified(imports)


def test_an_angel_that_is_deleted_meanwhile_is_made_again(imports, stored, few_are_many, monkeypatch):
    """No foreign key is asked for each record; the set is checked instead."""
    imports.connection.execute("insert into angel (nome) values ('Zoe')")
    import_id = imports.queue(HEADER + "".join(f"{ZOE}\n".replace("9999999", str(n)) for n in range(5000, 6000)))
    original = rebuild.check_foreign_keys

    def delete_first(connection):
        imports.connection.execute("delete from angel where nome = 'Zoe'")
        original(connection)

    monkeypatch.setattr(rebuild, "check_foreign_keys", delete_first)
    row = imports.run_queued(import_id)
    assert (row["status"], row["attempts"]) == ("queued", 1)
    monkeypatch.setattr(rebuild, "check_foreign_keys", original)
    row = imports.run_queued(import_id)
    assert (row["status"], at_once(row), row["rows_inserted"]) == ("completed", True, 1000)
    assert_verified(imports)
