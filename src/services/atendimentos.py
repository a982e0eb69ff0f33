"""Atendimentos: shown, listed, registered, changed, deleted."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from sqlalchemy import Connection

from src.domain.status import StatusContradictsVisit, status_after, status_of
from src.errors import AtendimentoNotFound, AtendimentoTaken, InvalidFields
from src.repositories import atendimentos
from src.repositories.audit_log import Change
from src.repositories.lists import Document, Wanted, document_of
from src.repositories.paging import Page
from src.repositories.sql import cursor_of
from src.services.audit import actor, record, record_all
from src.services.given_ids import OF_RECORDS, require_known_ids
from src.services.lists import read_all, read_page, zone_name
from src.services.once import Request, done_once
from src.services.snapshot import one_read_cursor
from src.services.unit_of_work import TryAgain, done_in_one, done_in_one_trip

# Raises where the record, as it is now, is not what the caller has seen.
Precondition = Callable[[Document], None]
WHOLE: Final = ("id_cliente", "angel", "polo", "data_limite")
NAMES: Final = {"angel", "polo"}
DATES: Final = {"data_limite", "data_de_atendimento"}


def show_atendimento(atendimento_id: int) -> Document:
    """Return the record, or raise AtendimentoNotFound."""
    with one_read_cursor() as cursor:
        return _found(atendimentos.fetch(cursor, atendimento_id, zone_name()), atendimento_id)


def list_atendimentos(wanted: Wanted) -> tuple[list[Document], Page]:
    """Return a page of records. Raises UnknownSortField or InvalidCursor."""
    return read_page(atendimentos.listing(zone_name()), wanted)


def export_atendimentos(wanted: Wanted) -> tuple[Sequence[str], Iterator[Document]]:
    """Return the records' fields and a stream of the records, in constant memory, which raises as the list does."""
    return read_all(atendimentos.listing(zone_name()), wanted)


def register_atendimento(fields: Document, request: Request | None = None) -> Document:
    """Add a record, and its cliente, angel and polo where they don't exist; return it.

    Raises InvalidFields or AtendimentoTaken.
    """
    row = _row(fields)
    if request is None and row["id"] is None and (added := _add_in_one_trip(row)):
        return added

    def work(connection: Connection) -> Document:
        added: list[Document] = _add(connection, [row], lambda _, field: field)
        return added[0]

    return done_once(work, request)  # type: ignore[no-any-return]


def _add_in_one_trip(row: Document) -> Document | None:
    """Add the record and return it, if nothing that it names is missing and nobody is in the way, as nearly always."""
    zone, who = zone_name(), actor()
    added = done_in_one_trip(lambda connection: atendimentos.send_to_add(connection, row, zone, who))
    return document_of(atendimentos.listing(zone), added[0]) if added else None


def register_atendimentos(records: Sequence[Document], request: Request | None = None) -> list[Document]:
    """Add all of the records or none, as `register_atendimento` does; errors are named by `data.<number>.<field>`."""
    rows, wrong, seen = [], dict[str, list[str]](), set[int]()
    for number, fields in enumerate(records):
        if (given := fields.get("id")) in seen:
            wrong[f"data.{number}.id"] = [f"{given} is the id of a record before."]
        seen |= {given} if given else set()
        try:
            rows.append(_row(fields))
        except InvalidFields as error:
            wrong |= {f"data.{number}.{name}": sentences for name, sentences in error.errors.items()}
    if wrong:
        raise InvalidFields("Some of the records are wrong. Nothing was added.", wrong)
    return done_once(lambda connection: _add(connection, rows, "data.{}.{}".format), request)  # type: ignore[no-any-return]


def _add(connection: Connection, rows: Sequence[Document], name_of: Callable[[int, str], str]) -> list[Document]:
    atendimentos.hold_merge_gate(connection)
    require_known_ids(connection, rows, OF_RECORDS, name_of)
    added = atendimentos.add(connection, rows, zone_name(), actor())
    # Seldom is anything missing, so that nothing is looked for beforehand.
    if not added:
        record_all(connection, "create", _made(atendimentos.make_missing(connection, rows)))
        added = atendimentos.add(connection, rows, zone_name(), actor())
    if len(added) < len(rows):
        _refuse_taken(connection, rows, {each["id"] for each in added}, name_of)
    return added


def _made(entries: Sequence[tuple[str, Document]]) -> list[Change]:
    return [Change(kind, entry["id"], None, entry) for kind, entry in entries]


def _refuse_taken(
    connection: Connection, rows: Sequence[Document], added: set[int], name_of: Callable[[int, str], str]
) -> None:
    """Raise AtendimentoTaken for the ids that were given, or TryAgain where the server's own met one or a name went."""
    given = {row["id"]: number for number, row in enumerate(rows) if row["id"]}
    taken = sorted(atendimentos.taken(connection, [each for each in given if each not in added]), key=given.__getitem__)
    if not taken:
        atendimentos.skip_taken_ids(connection)
        raise TryAgain
    sentence = f"There is an atendimento with the id {', '.join(map(str, taken))} already."
    raise AtendimentoTaken(sentence, {name_of(given[each], "id"): [f"{each} is taken."] for each in taken})


def replace_atendimento(atendimento_id: int, fields: Document, unchanged: Precondition) -> Document:
    """Give the record these values and no others, and return it; what only tells of a visit changes it in part.

    The older clients send data_limite and data_de_atendimento alone, or with the status.
    Raises AtendimentoNotFound, InvalidFields or what `unchanged` raises.
    """
    if DATES & set(fields) and set(fields) <= DATES | {"id", "status"}:
        return change_atendimento(atendimento_id, fields, unchanged)
    if missing := [name for name in WHOLE if name not in fields]:
        errors = {name: ["Missing data for required field."] for name in missing}
        raise InvalidFields(f"A whole record is needed: {', '.join(missing)} is missing.", errors)
    return _change(atendimento_id, {"data_de_atendimento": None, "status": None, **fields}, unchanged, whole=True)


def change_atendimento(atendimento_id: int, fields: Document, unchanged: Precondition) -> Document:
    """Give the record these values and return it. Raises as `replace_atendimento` does."""
    return _change(atendimento_id, fields, unchanged, whole=False)


def _change(atendimento_id: int, fields: Document, unchanged: Precondition, *, whole: bool) -> Document:
    if fields.get("id", atendimento_id) != atendimento_id:
        raise InvalidFields("The id of a record can't be changed.", {"id": [f"Not {atendimento_id}."]})

    def work(connection: Connection) -> Document:
        atendimentos.hold_merge_gate(connection)
        stored = _found(atendimentos.fetch_to_change(connection, atendimento_id, zone_name()), atendimento_id)
        unchanged(stored)
        row = stored | fields
        row["status"] = _status_of(row, fields) if whole else _status_after(stored, row, fields)
        if row == stored:
            return stored
        require_known_ids(connection, [fields], {"id_cliente": "cliente"})
        # Only names that the caller gave are looked up: one that was read may have been given to another since.
        made = atendimentos.make_missing(connection, [fields])
        if not atendimentos.change(
            connection, {name: row[name] for name in row if name in fields or name not in NAMES}
        ):
            raise TryAgain
        changed = _found(atendimentos.fetch(cursor_of(connection), atendimento_id, zone_name()), atendimento_id)
        record_all(connection, "create", _made(made))
        record(connection, "update", "atendimento", atendimento_id, stored, changed)
        return changed

    return done_in_one(work)


def delete_atendimento(atendimento_id: int, unchanged: Precondition) -> None:
    """Delete the record; its row stays, so that its id is never given again. Raises AtendimentoNotFound."""

    def work(connection: Connection) -> None:
        atendimentos.hold_merge_gate(connection)
        stored = _found(atendimentos.fetch_to_change(connection, atendimento_id, zone_name()), atendimento_id)
        unchanged(stored)
        atendimentos.remove(connection, atendimento_id)
        record(connection, "delete", "atendimento", atendimento_id, stored, None)

    done_in_one(work)


def _row(fields: Document) -> Document:
    row = {"id": None, "data_de_atendimento": None, **fields}
    return row | {"status": _status_of(row, fields)}


def _status_of(row: Document, fields: Document) -> str:
    try:
        return status_of(row["data_de_atendimento"], fields.get("status"))
    except StatusContradictsVisit as error:
        raise InvalidFields(f"The status can't be: {error}", {"status": [str(error)]}) from None


def _status_after(stored: Document, row: Document, fields: Document) -> str:
    visit = row["data_de_atendimento"]
    changed = visit != stored["data_de_atendimento"]
    try:
        return status_after(stored["status"], visit, fields.get("status"), visit_changed=changed)
    except StatusContradictsVisit as error:
        raise InvalidFields(f"The status can't be: {error}", {"status": [str(error)]}) from None


def _found(document: Document | None, atendimento_id: int) -> Document:
    if document is None:
        raise AtendimentoNotFound(f"There is no atendimento {atendimento_id}.")
    return document
