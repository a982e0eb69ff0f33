"""Clientes, angels and polos: shown, listed, added, changed, deleted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from sqlalchemy import Connection

from src import errors
from src.repositories import catalogues
from src.repositories.aliases import hold_merge_gate_alone
from src.repositories.atendimentos import hold_merge_gate
from src.repositories.catalogues import Kind
from src.repositories.lists import Document, Wanted
from src.repositories.paging import Page
from src.services.aliases import keep_former_nome, require_free_nome
from src.services.atendimentos import Precondition
from src.services.audit import record
from src.services.given_ids import OF_CLIENTES, require_known_ids
from src.services.lists import read_all, read_page, zone_name
from src.services.once import Request, done_once
from src.services.refusals import Refusal, refusing
from src.services.snapshot import one_read
from src.services.unit_of_work import done_in_one

NOT_FOUND: Final[dict[Kind, type[errors.DomainError]]] = {
    "cliente": errors.ClienteNotFound,
    "angel": errors.AngelNotFound,
    "polo": errors.PoloNotFound,
}
REFUSALS: Final[dict[str, Refusal]] = {
    "pk_cliente": (errors.DuplicateId, "There is a cliente with this id already.", "id"),
    "uq_cliente_email": (errors.DuplicateEmail, "Another cliente has this e-mail.", "email"),
    "uq_angel_nome": (errors.DuplicateNome, "There is an angel with this name already.", "nome"),
    "uq_polo_nome": (errors.DuplicateNome, "There is a polo with this name already.", "nome"),
    **{
        f"fk_atendimento_{column}_{kind}": (
            errors.HasAtendimentos,
            f"This {kind} has atendimentos. Deleted ones count: an import may bring them back.",
            None,
        )
        for kind, column in (("cliente", "id_cliente"), ("angel", "angel_id"), ("polo", "polo_id"))
    },
}


def show_entry(kind: Kind, entry_id: int) -> Document:
    """Return the cliente, angel or polo, or raise its NotFound error."""
    with one_read() as connection:
        return fetch_entry(connection, kind, entry_id)


def list_entries(kind: Kind, wanted: Wanted) -> tuple[list[Document], Page]:
    """Return a page of them. Raises UnknownSortField or InvalidCursor."""
    return read_page(catalogues.listing(kind, zone_name()), wanted)


def export_entries(kind: Kind, wanted: Wanted) -> tuple[Sequence[str], Iterator[Document]]:
    """Return their fields and a stream of them, in constant memory, which raises as the list does."""
    return read_all(catalogues.listing(kind, zone_name()), wanted)


def count_entries(kind: Kind) -> int:
    """Count them."""
    with one_read() as connection:
        return catalogues.count(connection, kind)


def add_entry(kind: Kind, values: Document, request: Request | None = None) -> Document:
    """Add one and return it; a cliente without an id gets one. Raises DuplicateId, DuplicateEmail or DuplicateNome."""

    def work(connection: Connection) -> Document:
        hold_merge_gate(connection)
        if kind == "cliente":
            require_known_ids(connection, [values], OF_CLIENTES)
        else:
            require_free_nome(connection, kind, values["nome"])
        own = {"id": catalogues.give_cliente_id(connection)} if kind == "cliente" and "id" not in values else {}
        with refusing(REFUSALS):
            entry_id = catalogues.add(connection, kind, values | own)
        added = fetch_entry(connection, kind, entry_id)
        record(connection, "create", kind, entry_id, None, added)
        return added

    return done_once(work, request)  # type: ignore[no-any-return]


def change_entry(kind: Kind, entry_id: int, values: Document, unchanged: Precondition) -> Document:
    """Give one these values and return it; its atendimentos stay its own. Values that it has already change nothing.

    The former name of an angel or polo stays as an alias.
    Raises its NotFound error, DuplicateEmail, DuplicateNome, InvalidFields or what `unchanged` raises.
    """
    if values.get("id", entry_id) != entry_id:
        raise errors.InvalidFields("The id can't be changed.", {"id": [f"Not {entry_id}."]})

    def work(connection: Connection) -> Document:
        (hold_merge_gate_alone if "nome" in values and kind != "cliente" else hold_merge_gate)(connection)
        catalogues.lock(connection, kind, entry_id)
        stored = fetch_entry(connection, kind, entry_id)
        unchanged(stored)
        if values.items() <= stored.items():
            return stored
        if kind != "cliente":
            require_free_nome(connection, kind, values["nome"], entry_id)
        with refusing(REFUSALS):
            catalogues.change(connection, kind, entry_id, values)
        if kind != "cliente":
            keep_former_nome(connection, kind, entry_id, stored["nome"], values["nome"])
        changed = fetch_entry(connection, kind, entry_id)
        record(connection, "update", kind, entry_id, stored, changed)
        return changed

    return done_in_one(work)


def delete_entry(kind: Kind, entry_id: int, unchanged: Precondition) -> None:
    """Delete one that no atendimento refers to, else raise HasAtendimentos; or raise its NotFound error."""

    def work(connection: Connection) -> None:
        hold_merge_gate(connection)
        catalogues.lock(connection, kind, entry_id)
        stored = fetch_entry(connection, kind, entry_id)
        unchanged(stored)
        with refusing(REFUSALS):
            catalogues.remove(connection, kind, entry_id)
        record(connection, "delete", kind, entry_id, stored, None)

    done_in_one(work)


def fetch_entry(connection: Connection, kind: Kind, entry_id: int) -> Document:
    """Return the cliente, angel or polo, or raise its NotFound error."""
    document = catalogues.fetch(connection, kind, entry_id, zone_name())
    if document is None:
        raise NOT_FOUND[kind](f"There is no {kind} {entry_id}.")
    return document
