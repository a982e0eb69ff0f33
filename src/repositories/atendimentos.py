"""Atendimentos: as documents of the API, and changed by one statement each (the rollups' order of locks needs that)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import orjson
import psycopg
from psycopg import Cursor
from sqlalchemy import (
    ColumnElement,
    Connection,
    Date,
    DateTime,
    and_,
    bindparam,
    case,
    cast,
    func,
    literal,
    select,
    update,
)

from src.domain.status import DONE, PENDING
from src.models import Angel, Atendimento, Polo
from src.models.atendimento import ID_SEQUENCE
from src.repositories import staging
from src.repositories.audit_log import Actor
from src.repositories.catalogues import id_of
from src.repositories.lists import Document, Listing, at, document_of, local_time
from src.repositories.sql import compiled, cursor_of, statement

TABLE, ANGEL, POLO = Atendimento.__table__.c, Angel.__table__.c, Polo.__table__.c
MAX_WAIT = "20s"
# One trip for all; a list of select is worked off from left to right. What is prepared is to be planned once: the
# server takes a list that it does not know for a hundred long, and would rather plan each anew.
GATE = f"""
    select
        set_config('lock_timeout', '{MAX_WAIT}', true),
        set_config('plan_cache_mode', 'force_generic_plan', true),
        pg_advisory_xact_lock_shared({staging.MERGE_GATE[0]}, {staging.MERGE_GATE[1]})
"""
ATTENDED = TABLE.status == DONE
IN_TIME = TABLE.data_de_atendimento <= TABLE.data_limite
MAKE_MISSING = {
    1: ("cliente", "insert into cliente (id) values (%(id)s) on conflict do nothing returning id"),
    2: ("angel", "insert into angel (nome) values (%(nome)s) on conflict do nothing returning id"),
    3: ("polo", "insert into polo (nome) values (%(nome)s) on conflict do nothing returning id"),
}


def hold_merge_gate(connection: Connection) -> None:
    """Wait until no import merges, and keep any from beginning until the transaction ends.

    Must come before the transaction touches any table of records: an import that has passed the gate replaces them.
    No lock of the transaction is waited for longer than MAX_WAIT: a million records merge in that time on a slow
    machine too, but those who wait hold a thread and a connection each, which readers need.
    """
    _execute(connection, GATE)


@cache
def listing(zone: str) -> Listing:
    """Return the list of atendimentos; times of the system are shown in `zone`."""
    shown: dict[str, ColumnElement[Any]] = {
        "id": TABLE.id,
        "id_cliente": TABLE.id_cliente,
        "angel": ANGEL.nome,
        "polo": POLO.nome,
        "data_limite": TABLE.data_limite,
        "data_de_atendimento": TABLE.data_de_atendimento,
        "status": TABLE.status,
        "on_time": case((ATTENDED, IN_TIME)),
        "import_id": TABLE.import_id,
        "created_at": local_time(TABLE.created_at, zone),
        "updated_at": local_time(TABLE.updated_at, zone),
    }
    query = select(*(column.label(name) for name, column in shown.items()))
    tables = Atendimento.__table__.join(Angel.__table__).join(Polo.__table__)
    orders = {
        **{name: shown[name] for name in ("id_cliente", "angel", "polo", "data_limite", "status")},
        # Not yet made counts as later than any: last, or first from the highest.
        "data_de_atendimento": func.coalesce(TABLE.data_de_atendimento, cast(literal("infinity"), DateTime)),
        "created_at": TABLE.created_at,
        "updated_at": TABLE.updated_at,
        "cliente_id": TABLE.id_cliente,  # as an older client calls it
    }
    there = TABLE.deleted_at.is_(None)
    query, keys = query.select_from(tables).where(there), select(TABLE.id).where(there)
    joined = ("angel", "polo")
    return Listing(query, TABLE.id, tuple(shown), _conditions(zone), orders, keys=keys, joined=joined)


def _conditions(zone: str) -> dict[str, Any]:
    overdue = and_(TABLE.status == PENDING, TABLE.data_limite < func.timezone(zone, func.now()))
    visit = TABLE.data_de_atendimento
    return {
        "id": lambda value: TABLE.id == value,
        "id_cliente": lambda value: TABLE.id_cliente == value,
        "angel": lambda nome: TABLE.angel_id == id_of("angel", nome),
        "polo": lambda nome: TABLE.polo_id == id_of("polo", nome),
        "status": lambda value: TABLE.status == value,
        "data_limite": at(TABLE.data_limite),
        "data_de_atendimento": at(visit),
        "start_date": lambda day: visit >= day,
        "end_date": lambda day: visit < cast(literal(day), Date) + 1,
        "on_time": lambda value: and_(ATTENDED, IN_TIME if value else ~IN_TIME),
        "overdue": lambda value: overdue if value else ~overdue,
        "import_id": lambda value: TABLE.import_id == value,
    }


def fetch(cursor: Cursor[Any], atendimento_id: int, zone: str) -> Document | None:
    """Return the record, or None where there is none or it was deleted."""
    query, constants = _by_id(zone)
    row = cursor.execute(query, {**constants, "wanted": atendimento_id}, prepare=True).fetchone()
    return None if row is None else document_of(listing(zone), row)


@cache
def _by_id(zone: str) -> tuple[str, dict[str, Any]]:
    """Return the statement's text, compiled once and not for each record, and the values in it that never change."""
    return compiled(listing(zone).query.where(TABLE.id == bindparam("wanted")))


def fetch_to_change(connection: Connection, atendimento_id: int, zone: str) -> Document | None:
    """Return the record as `fetch` does, locked until the transaction ends."""
    # Locked by a statement of its own: one that had waited would not see the angel that the writer before has made.
    connection.execute(select(TABLE.id).where(TABLE.id == atendimento_id).with_for_update())
    return fetch(cursor_of(connection), atendimento_id, zone)


def make_missing(connection: Connection, rows: Sequence[Document]) -> list[tuple[str, Document]]:
    """Make the clientes, angels and polos that the rows name and nobody has stored, in one order for all writers.

    Returns what was made, and of which kind.
    """
    named = {
        "clientes": sorted({row["id_cliente"] for row in rows if "id_cliente" in row}),
        "angels": sorted({row["angel"] for row in rows if "angel" in row}),
        "polos": sorted({row["polo"] for row in rows if "polo" in row}),
    }
    made: list[tuple[str, Document]] = []
    for number, cliente_id, nome in _execute(connection, statement("atendimento_missing"), named).fetchall():
        kind, insert = MAKE_MISSING[number]
        if added := _execute(connection, insert, {"id": cliente_id, "nome": nome}).fetchone():
            made.append((kind, {"id": added[0], "nome": nome}))
    return made


def add(connection: Connection, rows: Sequence[Document], zone: str, actor: Actor) -> list[Document]:
    """Add the rows, write them down in the audit log, and return them in order, less those whose id is taken.

    Ids that are None are given here. Adds none where a cliente, angel or polo that they name is not stored.
    """
    return [document_of(listing(zone), row) for row in _execute(connection, *_adding(rows, zone, actor))]


def send_to_add(connection: psycopg.Connection[Any], row: Document, zone: str, actor: Actor) -> Cursor[Any]:
    """Send to a pipeline what holds the merge gate and then adds the row, as `add` does; its fields come by the cursor.

    Only of use where its id is given here.
    """
    connection.cursor().execute(GATE, prepare=True)
    return connection.cursor(binary=True).execute(*_adding([row], zone, actor), prepare=True)


def _adding(rows: Sequence[Document], zone: str, actor: Actor) -> tuple[str, dict[str, Any]]:
    """Return the statement that adds the rows, and its parameters."""
    sql, constants = _adding_any(zone)
    return sql, {**constants, **actor._asdict(), "records": orjson.dumps(rows).decode()}


@cache
def _adding_any(zone: str) -> tuple[str, dict[str, Any]]:
    """Return the statement's text, with the columns that lists show, and the values in these that never change."""
    text, constants = compiled(listing(zone).query)
    shown = text.removeprefix("SELECT ").partition(" \nFROM ")[0]
    added = statement("atendimento_add").replace("{{shown}}", shown)
    return added.replace("{{fields}}", ", ".join(listing(zone).fields)), constants


def skip_taken_ids(connection: Connection) -> None:
    """Move the sequence past ids that an earlier version has stored; this stays when the transaction is rolled back."""
    while taken(connection, [connection.execute(select(ID_SEQUENCE.next_value())).scalar_one()]):
        pass


def taken(connection: Connection, ids: Sequence[int]) -> set[int]:
    """Return those of the ids that are stored, also of deleted records."""
    return set(connection.scalars(select(TABLE.id).where(TABLE.id == func.any(list(ids)))))


def change(connection: Connection, row: Document) -> bool:
    """Give the record of that id these values; return False if its new angel or polo was deleted meanwhile.

    Without a name in `row` the angel or polo stays the same.
    """
    names = {"angel": None, "polo": None}
    return bool(_execute(connection, statement("atendimento_change"), names | row).rowcount)


def remove(connection: Connection, atendimento_id: int) -> None:
    """Mark the record as deleted."""
    gone = update(Atendimento).where(TABLE.id == atendimento_id)
    connection.execute(gone.values(deleted_at=func.now(), updated_at=func.now()))


def _execute(connection: Connection, sql: str, parameters: Any = None) -> Cursor[Any]:
    """Execute a statement that is planned once for all values: all of these find few rows by their keys."""
    return cursor_of(connection).execute(sql, parameters, prepare=True)
