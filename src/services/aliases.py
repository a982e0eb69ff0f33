"""Former names of angels and polos: kept, listed, removed."""

from __future__ import annotations

from sqlalchemy import Connection

from src.errors import AliasNotFound, DuplicateNome
from src.repositories import aliases
from src.repositories.aliases import NamedKind
from src.repositories.atendimentos import hold_merge_gate
from src.repositories.lists import Document, Wanted
from src.repositories.paging import Page
from src.services.audit import record
from src.services.lists import read_page, zone_name
from src.services.unit_of_work import done_in_one


def list_aliases(kind: NamedKind, wanted: Wanted) -> tuple[list[Document], Page]:
    """Return a page of the aliases. Raises UnknownSortField or InvalidCursor."""
    return read_page(aliases.listing(kind, zone_name()), wanted)


def require_free_nome(connection: Connection, kind: NamedKind, nome: str, entry_id: int | None = None) -> None:
    """Raise DuplicateNome if the name is an alias of another than `entry_id`."""
    alias = aliases.find_alias(connection, kind, nome)
    if alias and alias.owner_id != entry_id:
        sentence = (
            f"{nome} is a former name of the {kind} {alias.owner_id} ({alias.owner}). Use that one, or first "
            f"remove the alias: DELETE /{kind}s/{alias.owner_id}/aliases/{alias.id}."
        )
        raise DuplicateNome(sentence, {"nome": [sentence]})


def keep_former_nome(connection: Connection, kind: NamedKind, entry_id: int, former: str, nome: str) -> None:
    """Keep the former name as an alias, so that files and requests that have it mean the same; `nome` is no alias."""
    aliases.remove_alias(connection, kind, entry_id, nome=nome)
    if former != nome:
        aliases.add_alias(connection, kind, entry_id, former)


def remove_alias(kind: NamedKind, entry_id: int, alias_id: int) -> None:
    """Remove an alias of an angel or a polo: its name may be another's from now on. Raises AliasNotFound."""

    def work(connection: Connection) -> None:
        hold_merge_gate(connection)
        removed = aliases.remove_alias(connection, kind, entry_id, alias_id=alias_id)
        if removed is None:
            raise AliasNotFound(f"The {kind} {entry_id} has no alias {alias_id}.")
        before = {"id": removed.id, "nome": removed.nome, f"{kind}_id": entry_id}
        record(connection, "delete", f"{kind}-alias", removed.id, before, None)

    done_in_one(work)
