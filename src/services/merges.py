"""Merging two spellings of one angel or polo."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection

from src.errors import InvalidFields
from src.repositories import aliases, catalogues
from src.repositories.aliases import NamedKind
from src.repositories.audit_log import Change
from src.repositories.lists import Document
from src.services.audit import record_all
from src.services.catalogues import fetch_entry
from src.services.lists import zone_name
from src.services.once import Request, done_once

# A row of the audit log has at most so many ids of records, about 160 KB.
IDS_IN_ENTRY: Final = 10_000


def merge_entries(kind: NamedKind, entry_id: int, into: int, request: Request | None = None) -> Document:
    """Give an angel's or a polo's records to another one, and remove it; its name stays as an alias of the other.

    Returns the other with `alias`, that name, and `moved`, the number of records. Raises its NotFound error,
    InvalidFields, or TooMuchContention if an import is being written now.
    """

    def work(connection: Connection) -> Document:
        aliases.hold_records_alone(connection)
        for each in sorted({entry_id, into}):
            catalogues.lock(connection, kind, each)
        merged = fetch_entry(connection, kind, entry_id)
        kept = _require_partner(kind, merged, catalogues.fetch(connection, kind, into, zone_name()), into)
        moved = aliases.move_records(connection, kind, entry_id, into)
        catalogues.remove(connection, kind, entry_id)
        alias = {"id": aliases.add_alias(connection, kind, into, merged["nome"]), "nome": merged["nome"]}
        # It has changed: an undo of the import that made it leaves it alone.
        catalogues.change(connection, kind, into, {})
        record_all(connection, "merge", _changes(kind, merged, kept, alias, moved))
        return fetch_entry(connection, kind, into) | {"alias": alias, "moved": len(moved)}

    return done_once(work, request)  # type: ignore[no-any-return]


def _require_partner(kind: NamedKind, merged: Document, kept: Document | None, into: int) -> Document:
    if kept is None:
        raise _wrong(f"There is no {kind} {into}.")
    if merged["id"] == kept["id"]:
        raise _wrong(f"The {kind} {into} can't be merged into itself.")
    # One without a state is a slip of the one that it should have been.
    states = {each["uf"] for each in (merged, kept) if each.get("uf")}
    if len(states) > 1:
        sentence = f"{merged['nome']} and {kept['nome']} are of different states: rename one of them first."
        raise _wrong(sentence)
    return kept


def _wrong(sentence: str) -> InvalidFields:
    return InvalidFields(sentence, {"into": [sentence]})


def _changes(kind: NamedKind, merged: Document, kept: Document, alias: Document, moved: list[int]) -> list[Change]:
    """Return what the audit log is told, which is all that it takes to reverse the merge by hand."""
    reverse = (
        f"Remove the alias (DELETE /{kind}s/{kept['id']}/aliases/{alias['id']}), add the {kind} again "
        f"(POST /{kind}s), then give its name to each of these atendimentos (PATCH /atendimento/<id>)."
    )
    about = {"into": kept, "alias": alias, "moved": len(moved), "reverse": reverse}
    parts = [moved[start : start + IDS_IN_ENTRY] for start in range(0, len(moved), IDS_IN_ENTRY)] or [[]]
    return [Change(kind, merged["id"], merged, {**about, "atendimentos": part}) for part in parts]
