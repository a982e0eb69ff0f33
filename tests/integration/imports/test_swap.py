"""A first load replaces the empty tables by copies, and nothing that their owner has given them may be lost by that."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from tests.integration.imports.conftest import counts

ROWS = (
    "1;10;Ana;BA - FEIRA DE SANTANA;30/06/2021;29/06/2021 12:57:19",
    "2;11;Bia;SP - CAMPINAS;30/06/2021;-",
    "1;12;Ana;BA - FEIRA DE SANTANA;30/06/2021;29/06/2021 13:00",
)
# What the catalogue says of the tables that a first load replaces, without the numbers that a copy has anew.
CATALOGUE = """
    with tables as (
        select * from pg_class where oid = any('{atendimento,cliente,angel_day,polo_day}'::regclass[])
    )
    select 'table', relname, reloptions::text, coalesce(relacl, acldefault('r', relowner))::text, relowner::text,
        concat_ws(' ', relpersistence, relreplident, relrowsecurity, relforcerowsecurity, reltablespace),
        obj_description(oid, 'pg_class')
    from tables
    union all
    select 'column', attrelid::regclass::text, attname, attacl::text, attstattarget::text,
        concat_ws(' ', attstorage, attcompression, attoptions), col_description(attrelid, attnum)
    from pg_attribute where attrelid in (select oid from tables) and attnum > 0 and not attisdropped
    union all
    select 'constraint', conrelid::regclass::text, conname, pg_get_constraintdef(oid), convalidated::text, null,
        obj_description(oid, 'pg_constraint')
    from pg_constraint
    where conrelid in (select oid from tables) or confrelid in (select oid from tables)
    union all
    select 'index', indrelid::regclass::text, indexrelid::regclass::text, pg_get_indexdef(indexrelid),
        indisclustered::text, indisreplident::text, obj_description(indexrelid, 'pg_class')
    from pg_index where indrelid in (select oid from tables)
    union all
    select 'index column', attrelid::regclass::text, attname, attstattarget::text, null, null, null
    from pg_attribute where attrelid in (select indexrelid from pg_index where indrelid in (select oid from tables))
    union all
    select 'trigger', tgrelid::regclass::text, tgname, pg_get_triggerdef(oid), tgenabled::text, null,
        obj_description(oid, 'pg_trigger')
    from pg_trigger where tgrelid in (select oid from tables) and not tgisinternal
    union all
    select 'statistics', stxrelid::regclass::text, stxname, pg_get_statisticsobjdef(oid), stxstattarget::text, null,
        null
    from pg_statistic_ext where stxrelid in (select oid from tables)
    union all
    select 'policy', polrelid::regclass::text, polname, pg_get_expr(polqual, polrelid), null, null, null from pg_policy
    union all
    select 'rule', ev_class::regclass::text, rulename, pg_get_ruledef(oid), null, null, null
    from pg_rewrite where ev_class in (select oid from tables)
    union all
    select 'publication', pubname, tablename, schemaname, attnames::text, rowfilter, null from pg_publication_tables
    where tablename in (select relname from tables)
    union all
    select 'child', inhrelid::regclass::text, inhparent::regclass::text, null, null, null, null from pg_inherits
    union all
    select 'sequence', objid::regclass::text, refobjid::regclass::text, null, null, null, null
    from pg_depend where classid = 'pg_class'::regclass and deptype = 'a' and objid = 'atendimento_id_seq'::regclass
    order by 1, 2, 3, 4
"""
# What an owner may do to the tables, and how to take it back.
CARRIED = {
    "a grant of a column": ("grant select (id, nome) on cliente to reports", ""),
    "a grant with grant option": ("grant select on atendimento to reports with grant option", ""),
    "a comment on a table": (
        "comment on table atendimento is 'visits, 100% it''s ours'",
        "comment on table atendimento is null",
    ),
    "a comment on a column": (
        "comment on column atendimento.data_limite is 'the deadline'",
        "comment on column atendimento.data_limite is null",
    ),
    "a comment on a constraint": (
        "comment on constraint ck_atendimento_status on atendimento is 'known'",
        "comment on constraint ck_atendimento_status on atendimento is null",
    ),
    "a comment on a key": (
        "comment on constraint pk_atendimento on atendimento is 'the id'",
        "comment on constraint pk_atendimento on atendimento is null",
    ),
    "a comment on a foreign key": (
        "comment on constraint fk_atendimento_polo_id_polo on atendimento is 'where'",
        "comment on constraint fk_atendimento_polo_id_polo on atendimento is null",
    ),
    "a comment on an index": (
        "comment on index ix_atendimento_angel_id is 'for lists'",
        "comment on index ix_atendimento_angel_id is null",
    ),
    "a statistics target": (
        "alter table atendimento alter column id_cliente set statistics 7",
        "alter table atendimento alter column id_cliente set statistics default",
    ),
    "a setting of a column": (
        "alter table atendimento alter column id_cliente set (n_distinct = 5)",
        "alter table atendimento alter column id_cliente reset (n_distinct)",
    ),
    "storage": (
        "alter table cliente alter column nome set storage external",
        "alter table cliente alter column nome set storage default",
    ),
    "compression": (
        "alter table cliente alter column nome set compression pglz",
        "alter table cliente alter column nome set compression default",
    ),
    "a setting of a table": (
        "alter table polo_day set (autovacuum_enabled = false)",
        "alter table polo_day reset (autovacuum_enabled)",
    ),
    "a trigger": (
        "create trigger own before insert on cliente for each row execute function own_trigger();"
        "comment on trigger own on cliente is 'mine'",
        "drop trigger own on cliente",
    ),
    "a foreign key of its own": (
        "alter table cliente add column own bigint; alter table cliente add constraint own_fk foreign key (own)"
        " references import (id)",
        "alter table cliente drop column own",
    ),
    "default privileges given since": (
        "alter default privileges grant all on tables to reports; grant select on cliente to reports",
        "alter default privileges revoke all on tables from reports",
    ),
}
NOT_REPLACED = {
    "extended statistics": (
        "create statistics own_statistics on angel_id, polo_id from atendimento; "
        "alter statistics own_statistics set statistics 50",
        "drop statistics own_statistics",
    ),
    "a policy": (
        "create policy own on atendimento using (id > 0); alter table atendimento enable row level security",
        "drop policy own on atendimento; alter table atendimento disable row level security",
    ),
    "row security alone": (
        "alter table atendimento enable row level security",
        "alter table atendimento disable row level security",
    ),
    "a replica identity": (
        "alter table atendimento replica identity full",
        "alter table atendimento replica identity default",
    ),
    "a publication for all tables": ("create publication own for all tables", "drop publication own"),
    "a publication of the schema": ("create publication own for tables in schema public", "drop publication own"),
    "a publication of the table": ("create publication own for table atendimento (id)", "drop publication own"),
    "a view": ("create view own as select count(*) as records from atendimento", "drop view own"),
    "a view of a row": ("create view own as select null::atendimento as record", "drop view own"),
    "a function of a row": (
        "create function own(atendimento) returns bigint language sql as 'select 1::bigint'",
        "drop function own(atendimento)",
    ),
    "a function's body": (
        "create function own() returns bigint begin atomic select count(*) from atendimento; end",
        "drop function own()",
    ),
    "a column of its row type": ("create table own (record atendimento)", "drop table own"),
    "a table that inherits": ("create table own () inherits (atendimento)", "drop table own"),
    "a foreign key of another table": (
        "create table own (record_id bigint references atendimento (id))",
        "drop table own",
    ),
    "a rule": (
        "create table own (id bigint);"
        "create rule own_rule as on insert to atendimento do also insert into own values (new.id)",
        "drop rule own_rule on atendimento; drop table own",
    ),
    "a trigger that is switched off": (
        "create trigger own before insert on atendimento for each row execute function own_trigger();"
        "alter table atendimento disable trigger own",
        "drop trigger own on atendimento",
    ),
    "a clustered index": ("cluster atendimento using pk_atendimento", "alter table atendimento set without cluster"),
    "a statistics target of an index": (
        "create index own_index on atendimento ((id_cliente + 1));"
        "alter index own_index alter column 1 set statistics 9",
        "drop index own_index",
    ),
    "no log": ("alter table atendimento set unlogged", "alter table atendimento set logged"),
    "a sequence of its own": (
        "alter sequence atendimento_id_seq owned by atendimento.id",
        "alter sequence atendimento_id_seq owned by none",
    ),
    "an exclusion constraint": (
        "alter table atendimento add constraint own_exclusion exclude (id with =)",
        "alter table atendimento drop constraint own_exclusion",
    ),
    "a right that its owner has given up": (
        "revoke trigger on atendimento from current_user",
        "grant trigger on atendimento to current_user",
    ),
    "another owner": (
        "alter table atendimento owner to reports; grant all on atendimento to current_user",
        "alter table atendimento owner to current_user",
    ),
}


@pytest.fixture
def owner(imports):
    """Let the owner change the tables; what is changed is taken back when the test ends."""
    connection, plain = imports.connection, catalogue(imports.connection)
    connection.execute("drop role if exists reports")
    connection.execute("create role reports")
    connection.execute("create function own_trigger() returns trigger language plpgsql as 'begin return new; end'")
    undo: list[str] = []

    def change(statements: str, back: str) -> None:
        undo.append(back)
        connection.execute(statements)

    yield change
    for back in undo:
        connection.execute(back or "select")
    connection.execute("drop function own_trigger()")
    connection.execute("drop owned by reports; drop role reports")
    assert catalogue(connection) == plain


def catalogue(connection: psycopg.Connection[Any]) -> list[tuple]:
    return connection.execute(CATALOGUE).fetchall()


def first_load(imports, lines) -> dict[str, Any]:
    """Import into the empty tables, and see that every row is there."""
    row = imports.run(lines(*ROWS))
    assert (row["status"], counts(row)) == ("completed", {"read": 3, "inserted": 2, "superseded": 1})
    assert [record[:3] for record in imports.dump()["atendimento"]] == [(1, 12, "Ana"), (2, 11, "Bia")]
    assert [polo[1] for polo in imports.dump()["polo_day"]] == ["BA - FEIRA DE SANTANA"]
    return row


@pytest.mark.parametrize("what", CARRIED)
def test_a_first_load_keeps(imports, lines, owner, what):
    owner(*CARRIED[what])
    before = catalogue(imports.connection)
    assert "swap" in first_load(imports, lines)["timings"]
    assert catalogue(imports.connection) == before


@pytest.mark.parametrize("what", NOT_REPLACED)
def test_a_first_load_leaves_the_table_in_place_with(imports, lines, owner, what):
    owner(*NOT_REPLACED[what])
    before = catalogue(imports.connection)
    assert "swap" not in first_load(imports, lines)["timings"]
    assert catalogue(imports.connection) == before


@pytest.mark.parametrize("table", ["cliente", "angel_day", "polo_day"])
def test_one_table_that_stays_does_not_keep_the_others_from_being_replaced(imports, lines, owner, table):
    owner(f"create view own as select count(*) as number from {table}", "drop view own")
    before = catalogue(imports.connection)
    assert "swap" in first_load(imports, lines)["timings"]
    assert catalogue(imports.connection) == before
