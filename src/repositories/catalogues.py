"""Clientes, angels and polos: what atendimentos refer to, as documents of the API."""

from __future__ import annotations

from functools import cache
from typing import Any, Literal

from sqlalchemy import BigInteger, ColumnElement, Connection, Integer, delete, func, insert, literal, select, update

from src.models import Angel, Cliente, Polo
from src.models.cliente import CLIENTE_IDS
from src.repositories.lists import Document, Listing, document_of, equals, local_time

Kind = Literal["cliente", "angel", "polo"]

MODELS: dict[Kind, Any] = {"cliente": Cliente, "angel": Angel, "polo": Polo}
FIELDS: dict[Kind, tuple[str, ...]] = {
    "cliente": ("nome", "email", "telefone"),
    "angel": ("nome",),
    "polo": ("nome", "uf"),
}


@cache
def listing(kind: Kind, zone: str) -> Listing:
    """Return the list of all of a kind; times of the system are shown in `zone`."""
    columns = MODELS[kind].__table__.c
    texts = FIELDS[kind]
    shown = {name: columns[name] for name in ("id", *texts)}
    shown |= {name: local_time(columns[name], zone) for name in ("created_at", "updated_at")}
    conditions = {name: equals(columns[name]) for name in texts}
    conditions["id"] = lambda value: _has_id(columns.id, value)
    # The unique index is over the e-mails in lower case.
    conditions["email"] = lambda value: func.lower(columns.email) == func.lower(value)
    if kind != "cliente":
        conditions["nome"] = lambda value: columns.id == id_of(kind, value)
    if kind == "polo":
        conditions["uf"] = lambda value: columns.uf == value.upper()
    orders = {name: func.coalesce(columns[name], "") for name in texts}
    orders |= {name: columns[name] for name in ("created_at", "updated_at")}
    query = select(*(column.label(name) for name, column in shown.items()))
    return Listing(query, columns.id, tuple(shown), conditions, orders, keys=select(columns.id))


def id_of(kind: Kind, nome: str) -> ColumnElement[int]:
    """Return the id of the angel or polo of that name or former name; null if there is none."""
    of: Any = getattr(func, f"{kind}_of")
    return of(nome, type_=Integer)  # type: ignore[no-any-return]


def _has_id(column: Any, entry_id: int) -> ColumnElement[bool]:
    """Compare as bigint: the ids of angels and polos are shorter, and a larger one is no error but nobody's."""
    return column == literal(entry_id, BigInteger)  # type: ignore[no-any-return]


def fetch(connection: Connection, kind: Kind, entry_id: int, zone: str) -> Document | None:
    """Return the entry, or None."""
    shown = listing(kind, zone)
    row = connection.execute(shown.query.where(_has_id(shown.key, entry_id))).one_or_none()
    return None if row is None else document_of(shown, row)


def lock(connection: Connection, kind: Kind, entry_id: int) -> None:
    """Keep others from changing the entry until the transaction ends."""
    model = MODELS[kind]
    connection.execute(select(model.id).where(_has_id(model.id, entry_id)).with_for_update())


def give_cliente_id(connection: Connection) -> int:
    """Return an id for a cliente that comes without one, from a range that no file and no request can name."""
    given: int = connection.execute(select(CLIENTE_IDS.next_value())).scalar_one()
    # What an earlier version has stored may be in the way.
    while fetch_id(connection, "cliente", given) is not None:
        given = connection.execute(select(CLIENTE_IDS.next_value())).scalar_one()
    return given


def fetch_id(connection: Connection, kind: Kind, entry_id: int) -> int | None:
    """Return the id if there is an entry of it, else None."""
    key = MODELS[kind].__table__.c.id
    return connection.execute(select(key).where(_has_id(key, entry_id))).scalar_one_or_none()


def add(connection: Connection, kind: Kind, values: Document) -> int:
    """Add an entry and return its id. An IntegrityError tells what is taken."""
    model = MODELS[kind]
    return int(
        connection.execute(insert(model.__table__).values(**values).returning(model.__table__.c.id)).scalar_one()
    )


def change(connection: Connection, kind: Kind, entry_id: int, values: Document) -> None:
    """Give the entry these values. An IntegrityError tells what is taken."""
    table = MODELS[kind].__table__
    connection.execute(update(table).where(_has_id(table.c.id, entry_id)).values(**values, updated_at=func.now()))


def remove(connection: Connection, kind: Kind, entry_id: int) -> None:
    """Delete the entry. An IntegrityError tells that atendimentos refer to it."""
    table = MODELS[kind].__table__
    connection.execute(delete(table).where(_has_id(table.c.id, entry_id)))


def count(connection: Connection, kind: Kind) -> int:
    """Return how many there are."""
    return connection.execute(select(func.count()).select_from(MODELS[kind].__table__)).scalar_one()
