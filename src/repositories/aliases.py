"""Former names of angels and polos, and merges of two of them."""

from __future__ import annotations

from functools import cache
from typing import Any, Final, Literal

from psycopg import Cursor, sql
from sqlalchemy import BigInteger, Connection, Row, cast, delete, func, insert, select, update

from src.models import Angel, AngelAlias, Polo, PoloAlias
from src.repositories.atendimentos import MAX_WAIT
from src.repositories.lists import Listing, equals, local_time
from src.repositories.sql import cursor_of, filled
from src.repositories.staging import MERGE_GATE, pass_merge_gate

NamedKind = Literal["angel", "polo"]
MODELS: Final[dict[NamedKind, Any]] = {"angel": (Angel, AngelAlias), "polo": (Polo, PoloAlias)}
# A million records take a minute.
MAX_SECONDS: Final = "600s"
ROLLUPS: Final = ("day", "month", "to_date")


def hold_merge_gate_alone(connection: Connection) -> None:
    """Keep imports and all other writers away until the transaction ends: none of them may make a name meanwhile."""
    connection.execute(select(func.set_config("lock_timeout", MAX_WAIT, True)))
    connection.execute(select(func.pg_advisory_xact_lock(*MERGE_GATE)))


def hold_records_alone(connection: Connection) -> None:
    """Keep everybody from changing records until the transaction ends, and let its statements take their time."""
    connection.execute(select(func.set_config("lock_timeout", MAX_WAIT, True)))
    connection.execute(select(func.set_config("statement_timeout", MAX_SECONDS, True)))
    pass_merge_gate(cursor_of(connection).connection)


@cache
def listing(kind: NamedKind, zone: str) -> Listing:
    """Return the list of all aliases; the filter `of` is the id of their angel or polo."""
    columns = MODELS[kind][1].__table__.c
    shown: dict[str, Any] = {"id": columns.id, "nome": columns.nome, "created_at": local_time(columns.created_at, zone)}
    query = select(*(column.label(name) for name, column in shown.items()))
    orders = {"nome": columns.nome, "created_at": columns.created_at}
    return Listing(query, columns.id, tuple(shown), {"of": equals(columns[f"{kind}_id"])}, orders)


def find_alias(connection: Connection, kind: NamedKind, nome: str) -> Row[Any] | None:
    """Return the alias of that name, with the id (`owner_id`) and the name (`owner`) of whom it stands for, or None."""
    owner, alias = MODELS[kind]
    owner_id = alias.__table__.c[f"{kind}_id"]
    query = select(alias.id, alias.nome, owner_id.label("owner_id"), owner.nome.label("owner"))
    return connection.execute(query.join(owner, owner.id == owner_id).where(alias.nome == nome)).one_or_none()


def add_alias(connection: Connection, kind: NamedKind, owner_id: int, nome: str) -> int:
    """Add an alias and return its id."""
    table = MODELS[kind][1].__table__
    values = {f"{kind}_id": owner_id, "nome": nome}
    return int(connection.execute(insert(table).values(values).returning(table.c.id)).scalar_one())


def remove_alias(connection: Connection, kind: NamedKind, owner_id: int, *, nome: str = "", alias_id: int = 0) -> Any:
    """Remove the alias of that name or id and return its id and name, or None if the angel or polo has none such."""
    table = MODELS[kind][1].__table__
    # As a bigint: no id of an address is beyond that, while the column's own type may be smaller.
    which = table.c.id == cast(alias_id, BigInteger) if alias_id else table.c.nome == nome
    query = delete(table).where(table.c[f"{kind}_id"] == cast(owner_id, BigInteger), which)
    return connection.execute(query.returning(table.c.id, table.c.nome)).one_or_none()


def move_records(connection: Connection, kind: NamedKind, merged: int, kept: int) -> list[int]:
    """Give all that is one's to another, in the rollups too, and return the ids of the records, in order."""
    cursor = cursor_of(connection)
    parameters = {"merged": merged, "kept": kept}
    rows = cursor.execute(filled("merge_records", group=kind), parameters).fetchall()
    cursor.execute(filled("merge_history", group=kind), parameters)
    _forget_counts(cursor, kind, merged)
    alias = MODELS[kind][1].__table__
    owner_id = alias.c[f"{kind}_id"]
    connection.execute(update(alias).where(owner_id == merged).values({owner_id: kept}))
    return sorted(found for (found,) in rows)


def _forget_counts(cursor: Cursor[Any], kind: NamedKind, merged: int) -> None:
    """Delete the rows that stand at zero now."""
    for rollup in ROLLUPS:
        names = {"rollup": sql.Identifier(f"{kind}_{rollup}"), "key": sql.Identifier(f"{kind}_id")}
        cursor.execute(sql.SQL("delete from {rollup} where {key} = %s").format(**names), (merged,))
