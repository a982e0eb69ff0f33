"""Whoever writes, and however: the rollups are what the records say."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta

import psycopg
import pytest
from flask import Flask

from src.services.verify import verify_rollups
from tests.integration.indicators.records import ANA, BAHIA, BIA, CAIO, ROLLUPS, SAMPA, Records

JUNE_1, JUNE_2, JUNE, JULY = date(2021, 6, 1), date(2021, 6, 2), date(2021, 6, 1), date(2021, 7, 1)
HOURS = 3600
END_OF_DAY = 13 * HOURS + 59 * 60 + 59  # from 10:00 to 23:59:59

COLUMNS = "id, id_cliente, angel_id, polo_id, data_limite, data_de_atendimento, status"


@pytest.fixture(autouse=True)
def exact(app: Flask, records: Records) -> Iterator[None]:
    """When the test ends, every rollup must be exact, by two ways of counting."""
    yield
    records.assert_rollups_are_exact()
    with app.app_context():
        assert verify_rollups().count == 0


def test_a_visit_counts_on_its_day_and_in_its_month_for_its_angel_and_its_polo(records: Records) -> None:
    records.add("2021-06-01 10:00:00")
    assert records.rollup("angel_day") == {(JUNE_1, ANA): (1, 1, END_OF_DAY)}
    assert records.rollup("angel_month") == {(JUNE, ANA): (1, 1, END_OF_DAY, 1)}
    assert records.rollup("polo_day") == {(JUNE_1, BAHIA): (1, 1, END_OF_DAY)}
    assert records.rollup("polo_month") == {(JUNE, BAHIA): (1, 1, END_OF_DAY, 1)}


def test_a_late_visit_is_not_on_time_and_its_margin_is_negative(records: Records) -> None:
    records.add("2021-06-02 01:59:59")
    assert records.rollup("angel_day") == {(JUNE_2, ANA): (1, 0, -2 * HOURS)}


def test_a_visit_in_the_deadline_s_last_second_is_on_time(records: Records) -> None:
    records.add("2021-06-01 23:59:59")
    assert records.rollup("angel_day") == {(JUNE_1, ANA): (1, 1, 0)}


def test_days_with_a_visit_are_counted_once_a_day(records: Records) -> None:
    for visit in ("2021-06-01 10:00:00", "2021-06-01 11:00:00", "2021-06-02 10:00:00", "2021-07-01 00:00:00"):
        records.add(visit, deadline="2021-07-31 23:59:59")
    months = {key: (counts[0], counts[3]) for key, counts in records.rollup("angel_month").items()}
    assert months == {(JUNE, ANA): (3, 2), (JULY, ANA): (1, 1)}


def test_visits_of_a_year_count_to_date_in_whatever_order_they_come(records: Records) -> None:
    for visit in ("2021-09-20", "2021-03-15", "2021-12-31", "2021-03-16", "2020-12-31", "2021-01-01"):
        records.add(f"{visit} 10:00:00", deadline="2021-06-30 23:59:59")
    to_date = {key[0]: (counts[0], counts[3]) for key, counts in records.rollup("angel_to_date").items()}
    wanted = {"2020-12-31": 1, "2021-01-15": 1, "2021-03-15": 2, "2021-03-31": 3, "2021-09-15": 3, "2021-12-31": 5}
    assert {day: to_date[date.fromisoformat(day)] for day in wanted} == {day: (n, n) for day, n in wanted.items()}
    assert len(to_date) == 1 + 24


def test_pending_cancelled_and_deleted_records_count_nowhere(records: Records) -> None:
    records.add(None)
    records.add(None, status="cancelled")
    records.add(status="cancelled")
    records.add(deleted=True)
    assert [records.rollup(table) for table in ROLLUPS] == [{}] * 6


CHANGES = {
    "another angel": ("angel_id = {bia}", {(JUNE_1, BIA): (1, 1, END_OF_DAY, 1)}, None),
    "another polo": ("polo_id = {sampa}", None, {(JUNE_1, SAMPA): (1, 1, END_OF_DAY, 1)}),
    "another month": (
        "data_de_atendimento = '2021-07-01 10:00:00'",
        {(JULY, ANA): (1, 0, END_OF_DAY - 30 * 24 * HOURS, 1)},
        None,
    ),
    "another deadline": ("data_limite = '2021-06-01 09:00:00'", {(JUNE_1, ANA): (1, 0, -HOURS, 1)}, None),
    "cancelled": ("status = 'cancelled'", {}, {}),
    "not visited after all": ("status = 'pending', data_de_atendimento = null", {}, {}),
    "deleted": ("deleted_at = now()", {}, {}),
    "nothing that counts": ("updated_at = now(), id_cliente = 1", {(JUNE_1, ANA): (1, 1, END_OF_DAY, 1)}, None),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_moves_the_counts_and_its_reverse_moves_them_back(records: Records, name: str) -> None:
    change, angels, polos = CHANGES[name]
    id = records.add()
    before = {table: records.rollup(table) for table in ROLLUPS}
    stored = records.execute(f"select {COLUMNS} from atendimento").fetchone()
    assert stored
    change = change.format(bia=records.angel(BIA), sampa=records.polo(SAMPA))

    records.execute(f"update atendimento set {change} where id = {id}")
    assert angels is None or records.rollup("angel_month") == angels
    assert polos is None or records.rollup("polo_month") == polos
    records.assert_rollups_are_exact()

    records.execute(f"update atendimento set ({COLUMNS}, deleted_at) = row(%s, %s, %s, %s, %s, %s, %s, null)", stored)
    assert {table: records.rollup(table) for table in ROLLUPS} == before


def test_a_deleted_row_leaves_the_counts(records: Records) -> None:
    id = records.add()
    records.add("2021-06-01 11:00:00", angel=BIA)
    records.execute("delete from atendimento where id = %s", (id,))
    assert set(records.rollup("angel_day")) == {(JUNE_1, BIA)}


def test_nothing_is_left_of_a_truncated_table(records: Records) -> None:
    records.add()
    records.execute("truncate atendimento")
    assert [records.execute(f"select count(*) from {table}").fetchone() for table in ROLLUPS] == [(0,)] * 6


def test_what_is_rolled_back_was_never_counted(records: Records) -> None:
    records.add()
    with records.connection.transaction():
        records.execute("update atendimento set data_limite = '2020-01-01'")
        with records.connection.transaction(force_rollback=True):
            records.add(angel=BIA)
            records.execute("delete from atendimento")
    assert records.rollup("angel_day") == {(JUNE_1, ANA): (1, 0, -(517 * 24 + 10) * HOURS)}


def fill(records: Records, rows: int = 500) -> None:
    """Store `rows` records over 40 days, 2 angels and 2 polos in one statement, a seventh of them late."""
    records.execute("insert into cliente (id) values (1) on conflict do nothing")
    records.execute(
        f"insert into atendimento ({COLUMNS})"
        " select i, 1, case i %% 2 when 0 then %s else %s end, case i %% 3 when 0 then %s else %s end,"
        " timestamp '2021-06-15' + i * interval '1 hour' - (i %% 7) / 6 * interval '2 days',"
        " timestamp '2021-06-15' + (i %% 40) * interval '1 day' + i * interval '1 second', 'done'"
        " from generate_series(1, %s) as i",
        (records.angel(ANA), records.angel(BIA), records.polo(BAHIA), records.polo(SAMPA), rows),
    )


STATEMENTS = {
    "insert": "select 1",
    "update of all": "update atendimento set data_limite = data_limite - interval '1 day'",
    "update of half, to the other angel": (
        "update atendimento set angel_id = (select id from angel where nome = 'Ana') where id <= 250"
    ),
    "angels swapped": (
        "update atendimento set angel_id = (select sum(id) from angel) - angel_id where id % 10 in (1, 2)"
    ),
    "days moved by one": "update atendimento set data_de_atendimento = data_de_atendimento + interval '1 day'",
    "ids moved": "update atendimento set id = -id + 1000 where id > 400",
    "delete of half": "delete from atendimento where id % 2 = 0",
    "delete of all": "delete from atendimento",
    "delete of none": "delete from atendimento where false",
    "merge of all kinds": (
        "merge into atendimento using (select generate_series(400, 600) as id) as source on source.id = atendimento.id"
        " when matched and source.id % 3 = 0 then delete"
        " when matched and source.id % 3 = 1 then update set status = 'cancelled'"
        " when matched then update set data_de_atendimento = data_de_atendimento - interval '3 days'"
        f" when not matched then insert ({COLUMNS})"
        " values (source.id, 1, (select min(id) from angel), (select max(id) from polo),"
        " '2021-06-15', '2021-06-16', 'done')"
    ),
    "upsert": (
        f"insert into atendimento ({COLUMNS}) select id + 250, 1, angel_id, polo_id, data_limite,"
        " data_de_atendimento + interval '5 days', 'done' from atendimento where id % 5 = 0"
        " on conflict (id) do update set data_de_atendimento = excluded.data_de_atendimento"
    ),
    "insert that leaves what is there": (
        f"insert into atendimento ({COLUMNS}) select id + 250, 1, angel_id, polo_id, data_limite,"
        " data_de_atendimento, 'done' from atendimento where id % 5 = 0 on conflict do nothing"
    ),
    "delete and insert in one statement": (
        "with gone as (delete from atendimento where id % 4 = 0 returning *)"
        f" insert into atendimento ({COLUMNS}) select id + 1000, 1, angel_id, polo_id, data_limite,"
        " data_de_atendimento + interval '1 month', 'done' from gone"
    ),
}


@pytest.mark.parametrize("name", STATEMENTS)
def test_statements_of_many_rows_are_counted_exactly(records: Records, name: str) -> None:
    fill(records)
    records.execute(STATEMENTS[name])


@pytest.mark.parametrize("format", ["text", "csv", "binary"])
def test_copied_rows_are_counted(records: Records, format: str) -> None:
    fill(records, 1)
    angel, polo = records.angel(ANA), records.polo(BAHIA)
    with records.connection.cursor() as cursor:
        with cursor.copy(f"copy atendimento ({COLUMNS}) to stdout (format {format})") as copy:
            rows = b"".join(map(bytes, copy))
        records.execute("delete from atendimento")
        with cursor.copy(f"copy atendimento ({COLUMNS}) from stdin (format {format})") as copy:
            copy.write(rows)
    assert (angel, polo) == (1, 1)
    assert sum(counts[0] for counts in records.rollup("angel_day").values()) == 1


def test_a_copy_that_fails_half_way_counts_nothing(records: Records) -> None:
    fill(records, 1)
    before = records.rollup("angel_day")
    row = "2;1;1;1;2021-06-15;2021-06-16;done\n"
    with (
        pytest.raises(psycopg.errors.CheckViolation),
        records.connection.cursor().copy(
            f"copy atendimento ({COLUMNS}) from stdin (format csv, delimiter ';')"
        ) as copy,
    ):
        copy.write(row + row.replace("2;", "3;", 1).replace("done", "pending"))
    assert records.rollup("angel_day") == before


@pytest.mark.parametrize(
    "change",
    [
        "update atendimento set updated_at = now()",
        "update atendimento set status = status",
        # Ana's two visits of the day change places: no count of any angel, polo, day or month does.
        "update atendimento set data_de_atendimento = timestamp '2021-06-01 21:00' - data_de_atendimento::time",
    ],
)
def test_changes_that_cancel_out_touch_no_rollup(records: Records, change: str) -> None:
    records.add("2021-06-01 10:00:00")
    records.add("2021-06-01 11:00:00")
    versions = [records.execute(f"select xmin, ctid from {table}").fetchall() for table in ROLLUPS]
    records.execute(change)
    assert [records.execute(f"select xmin, ctid from {table}").fetchall() for table in ROLLUPS] == versions


@pytest.mark.parametrize("zone", ["UTC", "America/Sao_Paulo", "Pacific/Kiritimati", "Pacific/Pago_Pago"])
def test_the_writer_s_time_zone_and_date_style_change_nothing(records: Records, zone: str) -> None:
    # At midnight of 4 November 2018 Sao Paulo's clocks went on to one o'clock.
    records.add("2018-10-31 23:59:59")
    visit = records.add("2018-11-04 00:00:00")
    with records.connection.transaction():
        records.execute("set local timezone to '" + zone + "'")
        records.execute("set local datestyle to 'SQL, MDY'")
        records.execute("update atendimento set data_limite = timestamp '2018-11-04 23:59:59' where id = %s", (visit,))
        records.add("2018-11-01 00:00:00", angel=BIA)
    assert set(records.rollup("angel_day")) == {
        (date(2018, 10, 31), ANA),
        (date(2018, 11, 1), BIA),
        (date(2018, 11, 4), ANA),
    }
    assert records.rollup("angel_month")[date(2018, 11, 1), ANA] == (1, 1, 86399, 1)


def test_a_time_without_end_is_refused(records: Records) -> None:
    with pytest.raises(psycopg.Error):
        records.add(deadline="infinity")
    with pytest.raises(psycopg.Error):
        records.add("-infinity")


def random_change(draw: random.Random, records: Records, names: Callable[[str], int]) -> None:
    """Insert, change or delete some records, as one statement."""
    moment = datetime(2021, 5, 25) + timedelta(days=draw.randrange(20), seconds=draw.randrange(86400))
    # The server's ids go in steps of ten.
    some = f"id / 10 % {draw.randint(1, 5)} = {draw.randint(0, 2)}"
    angel, polo = names(draw.choice([ANA, BIA, CAIO])), draw.choice([1, 2])
    changes = [
        f"angel_id = {angel}",
        f"polo_id = {polo}, angel_id = {angel}",
        f"status = 'done', data_de_atendimento = '{moment:%Y-%m-%d %H:%M:%S}'",
        f"data_limite = '{moment:%Y-%m-%d %H:%M:%S}'",
        "status = 'cancelled'",
        "status = 'pending', data_de_atendimento = null",
        "deleted_at = now()",
        "deleted_at = null",
    ]
    kind = draw.random()
    if kind < 0.4:
        columns = COLUMNS.replace("id, ", "", 1)
        records.execute(
            f"insert into atendimento ({columns}) select 1, {angel}, {polo}, '2021-06-01',"
            f" timestamp '{moment:%Y-%m-%d %H:%M:%S}' + i * interval '7 hours', 'done'"
            f" from generate_series(1, {draw.randint(1, 4)}) as i"
        )
    elif kind < 0.9:
        records.execute(f"update atendimento set {draw.choice(changes)} where {some}")
    else:
        records.execute(f"delete from atendimento where {some} and id / 10 % 3 = 0")


@pytest.mark.parametrize("seed", range(3))
def test_any_sequence_of_changes_is_counted_exactly(records: Records, seed: int) -> None:
    draw = random.Random(seed)
    names = {nome: records.angel(nome) for nome in (ANA, BIA, CAIO)}
    assert {records.polo(BAHIA), records.polo(SAMPA)} == {1, 2}
    records.execute("insert into cliente (id) values (1)")
    for number in range(120):
        random_change(draw, records, names.__getitem__)
        if number % 10 == 0:
            records.assert_rollups_are_exact()
    assert records.rollup("angel_month")
