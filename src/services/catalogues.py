"""Clientes, angels and polos: shown, listed, added, changed, deleted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

import psycopg.errors
from flask import current_app
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from src import errors
from src.repositories import catalogues
from src.repositories.atendimentos import hold_merge_gate
from src.repositories.catalogues import Kind
from src.repositories.lists import Document, Wanted
from src.repositories.paging import Page
from src.services.atendimentos import Precondition
from src.services.audit import record
from src.services.lists import read_all, read_page
from src.services.once import Request, done_once
from src.services.snapshot import one_read
from src.services.unit_of_work import done_in_one

NOT_FOUND: Final[dict[Kind, type[errors.DomainError]]] = {
    "cliente": errors.ClienteNotFound,
    "angel": errors.AngelNotFound,
    "polo": errors.PoloNotFound,
}
# What a constraint protects: the field, the refusal and its sentence.
TAKEN: Final = {
    "pk_cliente": ("id", errors.DuplicateId, "There is a cliente with this id already."),
    "uq_cliente_email": ("email", errors.DuplicateEmail, "Another cliente has this e-mail."),
    "uq_angel_nome": ("nome", errors.DuplicateNome, "There is an angel with this name already."),
    "uq_polo_nome": ("nome", errors.DuplicateNome, "There is a polo with this name already."),
}


def show_entry(kind: Kind, entry_id: int) -> Document:
    """Return the cliente, angel or polo, or raise its NotFound error."""
    with one_read() as connection:
        return _found(catalogues.fetch(connection, kind, entry_id, _zone()), kind, entry_id)


def list_entries(kind: Kind, wanted: Wanted) -> tuple[list[Document], Page]:
    """Return a page of them. Raises UnknownSortField or InvalidCursor."""
    return read_page(catalogues.listing(kind, _zone()), wanted)


def export_entries(kind: Kind, wanted: Wanted) -> tuple[Sequence[str], Iterator[Document]]:
    """Return their fields and a stream of them, in constant memory, which raises as the list does."""
    return read_all(catalogues.listing(kind, _zone()), wanted)


def count_entries(kind: Kind) -> int:
    """Count them."""
    with one_read() as connection:
        return catalogues.count(connection, kind)


def add_entry(kind: Kind, values: Document, request: Request | None = None) -> Document:
    """Add one and return it; a cliente without an id gets one. Raises DuplicateId, DuplicateEmail or DuplicateNome."""

    def work(connection: Connection) -> Document:
        hold_merge_gate(connection)
        own = {"id": catalogues.give_cliente_id(connection)} if kind == "cliente" and "id" not in values else {}
        with _refusing(kind):
            entry_id = catalogues.add(connection, kind, values | own)
        added = _found(catalogues.fetch(connection, kind, entry_id, _zone()), kind, entry_id)
        record(connection, "create", kind, entry_id, None, added)
        return added

    return done_once(work, request)  # type: ignore[no-any-return]


def change_entry(kind: Kind, entry_id: int, values: Document, unchanged: Precondition) -> Document:
    """Give one these values and return it; its atendimentos stay its own.

    Raises its NotFound error, DuplicateEmail, DuplicateNome, InvalidFields or what `unchanged` raises.
    """
    if values.get("id", entry_id) != entry_id:
        raise errors.InvalidFields("The id can't be changed.", {"id": [f"Not {entry_id}."]})

    def work(connection: Connection) -> Document:
        hold_merge_gate(connection)
        catalogues.lock(connection, kind, entry_id)
        stored = _found(catalogues.fetch(connection, kind, entry_id, _zone()), kind, entry_id)
        unchanged(stored)
        with _refusing(kind):
            catalogues.change(connection, kind, entry_id, {**values, "id": entry_id})
        changed = _found(catalogues.fetch(connection, kind, entry_id, _zone()), kind, entry_id)
        record(connection, "update", kind, entry_id, stored, changed)
        return changed

    return done_in_one(work)


def delete_entry(kind: Kind, entry_id: int, unchanged: Precondition) -> None:
    """Delete one that no atendimento refers to, else raise HasAtendimentos; or raise its NotFound error."""

    def work(connection: Connection) -> None:
        hold_merge_gate(connection)
        catalogues.lock(connection, kind, entry_id)
        stored = _found(catalogues.fetch(connection, kind, entry_id, _zone()), kind, entry_id)
        unchanged(stored)
        with _refusing(kind):
            catalogues.remove(connection, kind, entry_id)
        record(connection, "delete", kind, entry_id, stored, None)

    done_in_one(work)


@contextmanager
def _refusing(kind: Kind) -> Iterator[None]:
    """Tell what a constraint refuses in the words of the domain."""
    try:
        yield
    except IntegrityError as error:
        if isinstance(error.orig, psycopg.errors.ForeignKeyViolation):
            sentence = f"This {kind} has atendimentos. Deleted ones count: an import may bring them back."
            raise errors.HasAtendimentos(sentence) from error
        name = error.orig.diag.constraint_name if isinstance(error.orig, psycopg.Error) else None
        if name not in TAKEN:
            raise
        field, refusal, sentence = TAKEN[name]
        raise refusal(sentence, {field: [sentence]}) from error


def _found(document: Document | None, kind: Kind, entry_id: int) -> Document:
    if document is None:
        raise NOT_FOUND[kind](f"There is no {kind} {entry_id}.")
    return document


def _zone() -> str:
    return str(current_app.config["SETTINGS"].timezone)
